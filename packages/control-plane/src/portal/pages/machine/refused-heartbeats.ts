/**
 * What the audit trail has of heartbeats of a machine that were refused since the last one that was taken. Each question names the
 * machine and goes back a week at most.
 *
 * @module
 */

import { HEARTBEAT_SECONDS } from '@landfast/protocol'
import type { AuditAction } from '../../../audit/audit-entry.ts'
import type { PortalApi } from '../../inner/portal-api.ts'
import { daysBefore } from '../audit-span.ts'
import { type AuditBody, readAudit } from '../audit-table.ts'
import { missedHeartbeat } from './missed-heartbeat.ts'

/** As far back as the page of a machine shows its trail. */
const DAYS = 7

/** Longer than an agent waits between two heartbeats, also after a failure. */
const RECENT_MILLISECONDS = 2 * HEARTBEAT_SECONDS * 1000

/** What gives a machine another key, after which every former one is refused for ever. */
const REKEYINGS: readonly AuditAction[] = ['replace-machine', 'take-back-machine']

/** Heartbeats of a machine that are refused. */
export interface RefusedHeartbeats {
  /** The first and the last with the code of the last, since the last heartbeat that was taken. */
  first: AuditBody
  last: AuditBody
  /** Whether they still come. */
  isGoingOn: boolean
  /** Whether some are taken meanwhile: two hosts ask as the machine. */
  isBeside: boolean
  /** What gave the machine another key, if that was within the week. */
  rekeying: AuditBody | undefined
}

/** A machine, as far as this is about it. */
interface BeatingMachine {
  id: string
  properties: { lastHeartbeat?: string }
}

/** Undefined where none was refused since one was taken, and for who may not read the trail. */
export async function refusedHeartbeats(
  machine: BeatingMachine,
  { api, time }: { api: PortalApi; time: Date },
): Promise<RefusedHeartbeats | undefined> {
  const { id, properties } = machine
  const taken = new Date(properties.lastHeartbeat ?? 0)
  const weekBefore = daysBefore(time, DAYS)
  const since = laterOf(weekBefore, new Date(taken.getTime() + 1)).toISOString()
  const refused = { machine: id, action: 'heartbeat', outcome: 'refused' }
  const last = await firstOf(api, { ...refused, since })
  if (last?.code === undefined) return undefined
  const alike = { ...refused, code: last.code }
  const [first, before, rekeying] = await Promise.all([
    firstOf(api, { ...alike, since, $orderby: 'time asc' }),
    beforeTaken(api, alike, { taken, time }),
    lastRekeying(api, id, weekBefore),
  ])
  const isGoingOn = time.getTime() - Date.parse(last.lastTime ?? last.time) < RECENT_MILLISECONDS
  return { first: first ?? last, last, isGoingOn, isBeside: before !== undefined, rekeying }
}

/** While heartbeats are taken, those that were refused a moment before the last of these come from another host. */
async function beforeTaken(
  api: PortalApi,
  search: Readonly<Record<string, string>>,
  { taken, time }: { taken: Date; time: Date },
): Promise<AuditBody | undefined> {
  if (missedHeartbeat(taken.toISOString(), time)) return undefined
  const since = new Date(taken.getTime() - RECENT_MILLISECONDS).toISOString()
  return firstOf(api, { ...search, since, until: taken.toISOString() })
}

async function lastRekeying(api: PortalApi, machine: string, since: Date): Promise<AuditBody | undefined> {
  const search = { machine, outcome: 'done', since: since.toISOString() }
  const found = await Promise.all(REKEYINGS.map((action) => firstOf(api, { ...search, action })))
  return found.filter((one) => one !== undefined).toSorted(newestFirst)[0]
}

function newestFirst(one: AuditBody, other: AuditBody): number {
  return other.time.localeCompare(one.time)
}

async function firstOf(
  api: PortalApi,
  search: Readonly<Record<string, string>>,
): Promise<AuditBody | undefined> {
  return (await readAudit(api, { ...search, $top: '1' }))?.[0]
}

function laterOf(one: Date, other: Date): Date {
  return one > other ? one : other
}
