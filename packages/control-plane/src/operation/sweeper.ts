/**
 * The sweep of every minute: deletes rows that are no longer needed, and marks silent machines.
 *
 * @module
 */

import { setImmediate } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { type AuditRetention, sweepAudit } from '../audit/audit-retention.ts'
import { sweepJoinTokens } from '../onboarding/join-tokens.ts'
import { createExpirySweep, type NoteMarked, sweepDisconnected } from '../onboarding/presence-sweep.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { sweepAssertions, sweepPortalCodes, sweepPortalSessions } from './expired-rows.ts'

const SWEEP_MILLISECONDS = 60_000

/** Does one batch, and tells what people look at; resolves to whether more may be left. */
type Sweep = (db: Kysely<Schema>, now: Date, noteMarked: NoteMarked) => Promise<boolean>

/** Sweeps that go on until they are stopped. */
export interface Sweeper {
  stop(): Promise<void>
}

/** Deletes rows that are no longer needed and marks machines that are silent or expired, a batch at a time. */
export function startSweeper(
  storage: Storage,
  { log, now, audit }: { log: Logger; now: () => Date; audit: AuditRetention },
): Sweeper {
  let stopped = false
  let sweeping = Promise.resolve()
  const sweepTrail: Sweep = (db, time) => sweepAudit(db, time, audit)
  const sweeps = [
    sweepDisconnected,
    createExpirySweep(),
    sweepAssertions,
    sweepJoinTokens,
    sweepPortalSessions,
    sweepPortalCodes,
    sweepTrail,
  ]
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweep)
  }, SWEEP_MILLISECONDS)
  timer.unref()

  async function sweep(): Promise<void> {
    try {
      for (const sweepBatch of sweeps) {
        // SQLite's calls are over when they return, so awaiting them alone would let no request in between.
        while (!stopped && (await sweepOnce(storage, sweepBatch, now()))) await setImmediate()
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

/** Announced when it is committed, not before: who looks then sees it. */
async function sweepOnce(storage: Storage, sweepBatch: Sweep, now: Date): Promise<boolean> {
  let isNews = false
  const noteMarked = () => {
    isNews = true
  }
  const isMoreLeft = await storage.append((trx) => sweepBatch(trx, now, noteMarked))
  if (isNews) storage.announce()
  return isMoreLeft
}
