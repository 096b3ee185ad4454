/**
 * What people and the control plane itself ask of a large registry while its machines send heartbeats: pages of lists,
 * counts, and the sweeps of every minute.
 *
 * @module
 */

import { setTimeout } from 'node:timers/promises'
import { sweepAudit } from '../packages/control-plane/src/audit/audit-retention.ts'
import { findWantedMachines } from '../packages/control-plane/src/fleet/machine-filter.ts'
import { readMachineFilter } from '../packages/control-plane/src/fleet/machine-filter-text.ts'
import {
  createExpirySweep,
  sweepDisconnected,
} from '../packages/control-plane/src/onboarding/presence-sweep.ts'
import { sweepAssertions } from '../packages/control-plane/src/operation/expired-rows.ts'
import {
  findMachineResource,
  listMachineResources,
} from '../packages/control-plane/src/registry/machine-resource.ts'
import type { Storage } from '../packages/control-plane/src/storage/storage.ts'
import { resourceKeyOf } from '../packages/control-plane/src/testing/filled-registry.ts'

/** A registry that is asked. */
export interface Asked {
  storage: Storage
  subscriptionId: string
  machines: number
}

const PAGE_ROWS = 100

/** What the audit keeps unless an operator says otherwise. */
const AUDIT = { days: 90, megabytes: 4096 }

type Ask = (asked: Asked, call: number) => Promise<unknown>

/** What is asked, by what a reader calls it. */
export const GROWTH_QUESTIONS: readonly (readonly [name: string, ask: Ask])[] = [
  [
    `a page of ${PAGE_ROWS} of all machines`,
    (asked, call) => listMachineResources(asked.storage.db, range(asked, call)),
  ],
  [
    `a page of ${PAGE_ROWS}, those not seen for a day`,
    (asked, call) =>
      findWantedMachines(
        asked.storage.db,
        { filter: readMachineFilter(notSeenForADay()) },
        range(asked, call),
      ),
  ],
  [
    'one machine with its status',
    ({ storage, subscriptionId, machines }, call) =>
      findMachineResource(storage.db, resourceKeyOf((call * 7919) % machines, subscriptionId)),
  ],
]

function range({ subscriptionId, machines }: Asked, call: number) {
  return {
    subscriptionId,
    after: resourceKeyOf((call * 7919) % machines, subscriptionId),
    limit: PAGE_ROWS + 1,
  }
}

function notSeenForADay(): string {
  return `properties/lastHeartbeat lt '${new Date(Date.now() - 86_400_000).toISOString()}'`
}

/** What the metrics page asks, once a minute at most. */
const COUNT_MACHINES: Ask = ({ storage }) =>
  storage.db
    .selectFrom('presence')
    .select(({ fn }) => ['status', fn.countAll<number>().as('machines')])
    .groupBy('status')
    .execute()

/** The sweeps that have something to do in a registry of machines that come and go. */
const SWEEPS = {
  'sweep: machines that are silent': sweepDisconnected,
  'sweep: certificates that have ended': createExpirySweep(),
  'sweep: assertions that were spent': sweepAssertions,
  'sweep: the audit trail': (db: Storage['db'], now: Date) => sweepAudit(db, now, AUDIT),
}

/** As often as some people with a portal would ask; what needs a second is asked for as seldom as the sweeps go. */
const BETWEEN_MILLISECONDS = 2_000

/** Asks everything, over and over, and sweeps once a minute as the control plane does, until it is told to stop. */
export async function askWhile(asked: Asked, isOver: () => boolean): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>()
  const timed = async (name: string, work: () => Promise<unknown>) => {
    const before = performance.now()
    await work()
    const kept = times.get(name) ?? []
    kept.push(performance.now() - before)
    times.set(name, kept)
  }
  let sweptAt = Number.NEGATIVE_INFINITY
  for (let call = 0; !isOver(); call += 1) {
    for (const [name, ask] of GROWTH_QUESTIONS) await timed(name, () => ask(asked, call))
    if (performance.now() - sweptAt > 60_000) {
      sweptAt = performance.now()
      await timed('machines by status, for the metrics', () => COUNT_MACHINES(asked, call))
      await sweepAll(asked.storage, timed)
    }
    await setTimeout(BETWEEN_MILLISECONDS)
  }
  return times
}

async function sweepAll(
  storage: Storage,
  timed: (name: string, work: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  for (const [name, sweep] of Object.entries(SWEEPS)) {
    await timed(name, async () => {
      while (await storage.append((trx) => sweep(trx, new Date())));
    })
  }
}
