/**
 * The sweep of every minute: deletes rows that are no longer needed, and marks silent machines.
 *
 * @module
 */

import { setImmediate } from 'node:timers/promises'
import type { Logger } from 'pino'
import { sweepAudit } from '../audit/audit-trail.ts'
import { sweepAssertions } from '../authority/spent-assertions.ts'
import { sweepJoinTokens } from '../onboarding/join-tokens.ts'
import { createExpirySweep, sweepDisconnected } from '../onboarding/presence-sweep.ts'
import type { Storage } from '../storage/storage.ts'

const SWEEP_MILLISECONDS = 60_000

/** Sweeps that go on until they are stopped. */
export interface Sweeper {
  stop(): Promise<void>
}

/** Deletes rows that are no longer needed and marks machines that are silent or expired, a batch at a time. */
export function startSweeper(storage: Storage, { log, now }: { log: Logger; now: () => Date }): Sweeper {
  let stopped = false
  let sweeping = Promise.resolve()
  const sweeps = [sweepDisconnected, createExpirySweep(), sweepAssertions, sweepJoinTokens, sweepAudit]
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweep)
  }, SWEEP_MILLISECONDS)
  timer.unref()

  async function sweep(): Promise<void> {
    try {
      for (const sweepBatch of sweeps) {
        // SQLite's calls are over when they return, so awaiting them alone would let no request in between.
        while (!stopped && (await storage.append((trx) => sweepBatch(trx, now())))) await setImmediate()
      }
    } catch (err) {
      log.error({ err }, 'the sweep of old rows and silent machines failed; it is tried again in a minute')
    }
  }

  return {
    stop: () => {
      stopped = true
      clearInterval(timer)
      return sweeping
    },
  }
}
