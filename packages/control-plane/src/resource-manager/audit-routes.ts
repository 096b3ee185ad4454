/**
 * The route that reads the audit trail.
 *
 * @see ../../../../docs/control-plane.md
 * @module
 */

import { ONBOARDING_ERRORS } from '@landfast/protocol'
import { ArmError } from '../arm/arm-error.ts'
import { type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { pageBody, pageOf } from '../arm/paging.ts'
import { AUDIT_ACTIONS } from '../audit/audit-entry.ts'
import type { AuditRow } from '../audit/audit-list.ts'
import { findCallers, findMachinesMeant, namesOf } from '../audit/audit-people.ts'
import { type AuditSearch, searchAudit } from '../audit/audit-search.ts'
import type { AuthorityNames } from '../authority/endpoints.ts'
import { beginningOf } from '../authority/token-id.ts'
import type { Storage } from '../storage/storage.ts'

/** What is shown if nothing says since when. */
const DEFAULT_SPAN_MILLISECONDS = 3_600_000

const TEXT = { type: 'string' } as const

const ENTRY = {
  type: 'object',
  required: ['id', 'time', 'action', 'outcome', 'correlationId'],
  properties: {
    id: TEXT,
    time: { type: 'string', format: 'date-time' },
    action: TEXT,
    outcome: { type: 'string', enum: ['done', 'refused'] },
    code: TEXT,
    clientId: TEXT,
    clientName: TEXT,
    principalId: TEXT,
    principalName: TEXT,
    resourceId: TEXT,
    audience: TEXT,
    correlationId: TEXT,
    suppressed: { type: 'integer' },
    count: { type: 'integer' },
    lastTime: { type: 'string', format: 'date-time' },
    tokenIds: TEXT,
    origin: TEXT,
    detail: TEXT,
  },
} as const

/** What the trail is read with. */
export interface AuditRouteParts {
  storage: Storage
  names: AuthorityNames
  /** The routes whose refusals it has. */
  routes: readonly Pick<ArmRoute, 'action'>[]
}

/** The route of the trail in `storage`. */
export function auditRoutes({ storage, names, routes }: AuditRouteParts): ArmRoute[] {
  const actions = [...AUDIT_ACTIONS, ...routes.flatMap(({ action }) => action ?? [])]
  return [
    armRoute({
      method: 'GET',
      path: '/landfast/v1/audit',
      summary:
        'Lists what was done and refused, oldest first, or newest first with $orderby "time desc"; of the last hour unless "since" says otherwise. It is narrowed by "until", "caller", "machine", "action", "outcome", "code" and "audience" (in any case, with or without a slash at its end), by "correlationId" to the changes and refusals of a request, by "tokenId" to the tokens that are like one of this "jti" or "uti", or to the one with an "id".',
      action: 'Landfast.Audit/entries/read',
      answers: {
        200: {
          description: 'A page of entries.',
          type: 'object',
          properties: { value: { type: 'array', items: ENTRY }, nextLink: TEXT },
        },
      },
      handle: async (request) => {
        const { query, time } = request
        const page = pageOf(request)
        const search = await readSearch(storage.db, query, actions)
        const rows = await searchAudit(storage.db, search, {
          since: readTime('since', query.since) ?? defaultSince(search, time),
          until: readTime('until', query.until) ?? new Date(time.getTime() + 1),
          after: page.after,
          limit: page.limit + 1,
          isNewestFirst: readOrder(query.$orderby),
        })
        const known = await namesOf(
          storage.db,
          rows.map(({ row }) => row),
        )
        const entries = rows.map((one) => entryOf(one, known))
        return { body: pageBody(request, { origin: names.origin, page, rows: entries }) }
      },
    }),
  ]
}

/** All that the route understands. What it ignored would seem to be obeyed. */
const PARAMETERS = [
  'since',
  'until',
  'caller',
  'machine',
  'action',
  'outcome',
  'code',
  'audience',
  'correlationid',
  'tokenid',
  'id',
  '$orderby',
  '$top',
  '$skiptoken',
  'api-version',
]

/** @throws {ArmError} `InvalidQueryParameter` for what is not understood, `PrincipalUnknown` for a name that nobody ever had. */
async function readSearch(
  db: Storage['db'],
  query: ArmRequest['query'],
  actions: readonly string[],
): Promise<AuditSearch> {
  const other = Object.keys(query).find((name) => !PARAMETERS.includes(name))
  if (other !== undefined) throw invalid(other, query[other])
  const { caller, machine, action, outcome, code, audience, id, correlationid, tokenid } = query
  const callers = caller === undefined ? undefined : await findCallers(db, caller)
  if (caller !== undefined && !callers) throw unknown('caller', caller)
  const machines = machine === undefined ? undefined : await findMachinesMeant(db, machine)
  if (machine !== undefined && !machines) throw unknown('machine', machine)
  if (outcome !== undefined && outcome !== 'done' && outcome !== 'refused') throw invalid('outcome', outcome)
  return {
    ...{ callers, machines, outcome },
    action: action && asWritten(action, actions),
    code: code && codeMeant(code),
    audience: audience?.trim() || undefined,
    ...{ id: id?.toLowerCase(), correlationId: correlationid?.toLowerCase() },
    tokenIds: tokenid && beginningOf(tokenid),
  }
}

/** `text` as the one of `words` is written that it is in any case. */
function asWritten(text: string, words: readonly string[]): string {
  return words.find((word) => word.toLowerCase() === text.toLowerCase()) ?? text
}

/** The codes that the trail has beside the numbers of the token endpoint. */
const WORDS_OF_REFUSALS = ['AuthorizationFailed', ...Object.keys(ONBOARDING_ERRORS)]

/** `text` as the trail has the code: in any case, and without the "AADSTS" that the token endpoint writes before its numbers. */
export function codeMeant(text: string): string {
  return asWritten(text.replace(/^AADSTS(?=\d+$)/i, ''), WORDS_OF_REFUSALS)
}

/** What has one of the ids is found whenever it was. */
function defaultSince({ id, correlationId, tokenIds }: AuditSearch, time: Date): Date {
  const isById = (id ?? correlationId ?? tokenIds) !== undefined
  return new Date(isById ? 0 : time.getTime() - DEFAULT_SPAN_MILLISECONDS)
}

/** Whether the newest come first. */
function readOrder(text = 'time'): boolean {
  const order = text.trim().toLowerCase()
  if (!['time', 'time asc', 'time desc'].includes(order)) throw invalid('$orderby', text)
  return order === 'time desc'
}

function invalid(name: string, value = ''): ArmError {
  return new ArmError('InvalidQueryParameter', { ...quoted(value), name, target: name })
}

function unknown(name: string, value: string): ArmError {
  return new ArmError('PrincipalUnknown', { ...quoted(value), name, target: name })
}

function quoted(value: string): { value: string } {
  return { value: value.slice(0, QUOTED_CHARACTERS) }
}

/** A value is quoted so far. */
const QUOTED_CHARACTERS = 100

function readTime(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw invalid(name, text)
  return time
}

/** With the names that those of its ids have or had. */
function entryOf({ key, row }: AuditRow, names: ReadonlyMap<string, string>): { key: string; body: object } {
  const body = {
    id: row.id,
    time: new Date(row.time).toISOString(),
    action: row.action,
    outcome: row.outcome,
    code: row.code ?? undefined,
    clientId: row.client_id ?? undefined,
    clientName: names.get(row.client_id ?? ''),
    principalId: row.principal_id ?? undefined,
    principalName: names.get(row.principal_id ?? ''),
    resourceId: row.resource_id ?? undefined,
    audience: row.audience ?? undefined,
    correlationId: row.correlation_id,
    suppressed: row.suppressed,
    count: row.count,
    lastTime: new Date(row.last_time ?? row.time).toISOString(),
    tokenIds: row.action === 'issue-token' ? (row.gathered ?? undefined) : undefined,
    origin: row.origin ?? undefined,
    detail: row.detail ?? undefined,
  }
  return { key, body }
}
