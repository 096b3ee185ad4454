/**
 * The list of machines, narrowed by flags: the control plane looks for them, and sends them page by page.
 *
 * @see docs/administration.md#machines
 * @module
 */

import { CliError } from '../cli-error.ts'
import { MACHINES } from '../control-plane/api-versions.ts'
import { parseSpan } from '../usage/span.ts'
import { listPathOf, MACHINE_TYPE, type PlaceFlags } from './resource-names.ts'
import type { Session } from './session.ts'

/** Which machines are wanted. */
export interface MachineListFlags extends PlaceFlags {
  status?: string
  tag?: readonly string[]
  agentVersion?: string
  agentOlderThan?: string
  notSeenFor?: string
  heartbeatBefore?: string
  search?: string
  orderBy?: string
}

/** As many as a page can have. */
const PAGE_ROWS = 1_000

/** The words of `machine show`; the last one is no status but stands behind it there. */
const STATUSES = ['AwaitingConnection', 'Connected', 'Disconnected', 'Expired', 'Disabled'] as const

/** What the control plane calls the orders. */
const ORDERS = { name: 'name', heartbeat: 'properties/lastHeartbeat' } as const

/** The machines that `flags` want, page by page. @throws {CliError} `argument_invalid`. */
export function machinePages(
  session: Session,
  flags: MachineListFlags,
  now: Date,
): AsyncIterable<readonly unknown[]> {
  const path = listPathOf(session, { ...flags, type: MACHINE_TYPE })
  const query = machineQuery(flags, now)
  return session.client.pages(`${path}?${query}`)
}

/** The query of `flags`. @throws {CliError} `argument_invalid`. */
export function machineQuery(flags: MachineListFlags, now: Date): URLSearchParams {
  const filter = machineFilter(flags, now)
  const { search, orderBy } = flags
  return new URLSearchParams({
    'api-version': MACHINES.apiVersion,
    $top: `${PAGE_ROWS}`,
    ...(filter !== '' && { $filter: filter }),
    ...(search !== undefined && { $search: search }),
    ...(orderBy !== undefined && { $orderby: orderOf(orderBy) }),
  })
}

function orderOf(text: string): string {
  if (text === 'name' || text === 'heartbeat') return ORDERS[text]
  throw invalid(`"--order-by" must be name or heartbeat, not "${text}"`)
}

/** The `$filter` of `flags`. @throws {CliError} `argument_invalid`. */
export function machineFilter(flags: MachineListFlags, now: Date): string {
  const { status, tag = [], agentVersion, agentOlderThan } = flags
  const seenBefore = seenBeforeOf(flags, now)
  const terms = [
    ...(status === undefined ? [] : [statusTerm(status)]),
    ...tag.map(tagTerm),
    ...(agentVersion === undefined ? [] : [`properties/agentVersion eq ${quoted(agentVersion)}`]),
    ...(agentOlderThan === undefined ? [] : [`properties/agentVersion lt ${quoted(agentOlderThan)}`]),
    ...(seenBefore === undefined ? [] : [`properties/lastHeartbeat lt ${quoted(seenBefore.toISOString())}`]),
  ]
  if (agentVersion !== undefined && agentOlderThan !== undefined)
    throw invalid('"--agent-version" and "--agent-older-than" cannot be given together')
  return terms.join(' and ')
}

function statusTerm(text: string): string {
  const status = STATUSES.find((one) => one.toLowerCase() === text.toLowerCase())
  if (!status) throw invalid(`"--status" must be one of ${STATUSES.join(', ')}, not "${text}"`)
  return `properties/${status === 'Disabled' ? 'statusReason' : 'status'} eq ${quoted(status)}`
}

function tagTerm(text: string): string {
  const at = text.indexOf('=')
  const name = at === -1 ? text : text.slice(0, at)
  if (name === '') throw invalid(`"--tag" takes NAME=VALUE or NAME, not "${text}"`)
  const value = at === -1 ? '' : ` and tagValue eq ${quoted(text.slice(at + 1))}`
  return `tagName eq ${quoted(name)}${value}`
}

function seenBeforeOf({ notSeenFor, heartbeatBefore }: MachineListFlags, now: Date): Date | undefined {
  if (notSeenFor !== undefined && heartbeatBefore !== undefined)
    throw invalid('"--not-seen-for" and "--heartbeat-before" cannot be given together')
  if (notSeenFor !== undefined) return new Date(now.getTime() - readSpan(notSeenFor))
  if (heartbeatBefore === undefined) return undefined
  const time = Date.parse(heartbeatBefore)
  if (!Number.isNaN(time)) return new Date(time)
  throw invalid(`"--heartbeat-before" must be a time such as 2026-01-31T12:00Z, not "${heartbeatBefore}"`)
}

/** The milliseconds of `--not-seen-for`. @throws {CliError} `argument_invalid`. */
export function readSpan(text: string): number {
  const span = parseSpan(text)
  if (span !== undefined) return span
  throw invalid(`"--not-seen-for" must be a span such as 90m, 12h or 30d, not "${text}"`)
}

/** A quote within it is written twice. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function invalid(detail: string): CliError {
  return new CliError('argument_invalid', { detail })
}
