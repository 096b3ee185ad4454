/**
 * The route that reads the audit trail.
 *
 * @see ../../../../docs/control-plane.md
 * @module
 */

import { ArmError } from '../arm/arm-error.ts'
import { type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { pageBody, pageOf } from '../arm/paging.ts'
import { type AuditRow, listAudit } from '../audit/audit-list.ts'
import type { AuthorityNames } from '../authority/endpoints.ts'
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
    principalId: TEXT,
    resourceId: TEXT,
    audience: TEXT,
    correlationId: TEXT,
    suppressed: { type: 'integer' },
    count: { type: 'integer' },
    lastTime: { type: 'string', format: 'date-time' },
    tokenIds: TEXT,
    origin: TEXT,
  },
} as const

/** The route of the trail in `storage`. */
export function auditRoutes({ storage, names }: { storage: Storage; names: AuthorityNames }): ArmRoute[] {
  return [
    armRoute({
      method: 'GET',
      path: '/landfast/v1/audit',
      summary:
        'Lists what was done and refused, oldest first; of the last hour unless "since" says otherwise.',
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
        const rows = await listAudit(storage.db, {
          since: readTime('since', query.since) ?? new Date(time.getTime() - DEFAULT_SPAN_MILLISECONDS),
          until: readTime('until', query.until) ?? new Date(time.getTime() + 1),
          after: page.after,
          limit: page.limit + 1,
        })
        return { body: pageBody(request, { origin: names.origin, page, rows: rows.map(entryOf) }) }
      },
    }),
  ]
}

function readTime(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const time = new Date(text)
  if (Number.isNaN(time.getTime()))
    throw new ArmError('InvalidQueryParameter', { name, value: text.slice(0, 100) })
  return time
}

function entryOf({ key, row }: AuditRow): { key: string; body: object } {
  const body = {
    id: row.id,
    time: new Date(row.time).toISOString(),
    action: row.action,
    outcome: row.outcome,
    code: row.code ?? undefined,
    clientId: row.client_id ?? undefined,
    principalId: row.principal_id ?? undefined,
    resourceId: row.resource_id ?? undefined,
    audience: row.audience ?? undefined,
    correlationId: row.correlation_id,
    suppressed: row.suppressed,
    count: row.count,
    lastTime: new Date(row.last_time ?? row.time).toISOString(),
    tokenIds: row.action === 'issue-token' ? (row.gathered ?? undefined) : undefined,
    origin: row.origin ?? undefined,
  }
  return { key, body }
}
