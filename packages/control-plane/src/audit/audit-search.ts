/**
 * Searches the audit trail. A search is a few questions, each of which one index answers in the order of time, and whose
 * answers are put together here: so it reads no more rows than it shows, however long the trail is.
 *
 * @see ../storage/audit-tables.ts
 * @module
 */

import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { type AuditRow, type AuditSpan, listAudit } from './audit-list.ts'
import { type Meant, resourceKeysOf } from './audit-people.ts'

/** What an entry must be to be wanted. */
export interface AuditSearch {
  /** Who asked. */
  callers?: Meant | undefined
  /** Whose identity, or which resource, it was about. */
  machines?: Meant | undefined
  action?: string | undefined
  outcome?: 'done' | 'refused' | undefined
  /** Of this id, which an answer calls its trace. */
  id?: string | undefined
  /** Of the request, or the requests, that bore this id. Tokens that were issued are not found by it. */
  correlationId?: string | undefined
  /** The tokens whose ids begin so. */
  tokenIds?: string | undefined
  /** Refused with this code. */
  code?: string | undefined
}

type Condition = RawBuilder<SqlBool>

/** As literals, since an index for a part of the rows is used only where the database sees that part in the statement. */
const IS_TOKEN: Condition = sql`action = 'issue-token'`
const IS_NO_TOKEN: Condition = sql`action <> 'issue-token'`

const IS_REFUSED: Condition = sql`outcome = 'refused'`

/** One row stands for many tokens, and has the correlation id of the first alone. */
const IS_OF_ONE_REQUEST: Condition = sql`(outcome = 'refused' or action <> 'issue-token')`

/** What a machine was given for an identity that was assigned to it, by the machine's client id. */
const IS_FOR_ASSIGNED: Condition = sql`lower(resource_id) like '%/userassignedidentities/%'`

/** The rows of `span` that are wanted, in its order. */
export async function searchAudit(
  db: Kysely<Schema>,
  search: AuditSearch,
  span: AuditSpan,
): Promise<AuditRow[]> {
  const questions = await questionsOf(db, search)
  const answers = await Promise.all(
    questions.map((question) => listAudit(db, span, [...question, ...conditionsOf(search)])),
  )
  const rows = new Map(answers.flat().map((row) => [row.row.id, row]))
  const sorted = [...rows.values()].toSorted(byTime)
  return (span.isNewestFirst ? sorted.reverse() : sorted).slice(0, span.limit)
}

function byTime({ row: one }: AuditRow, { row: other }: AuditRow): number {
  return one.time - other.time || (one.id < other.id ? -1 : 1)
}

/** What holds for each row, by the index that one question begins with. */
async function questionsOf(
  db: Kysely<Schema>,
  { callers, machines, action, id, correlationId, tokenIds, code }: AuditSearch,
): Promise<Condition[][]> {
  if (id !== undefined) return [[sql<SqlBool>`id = ${id}`]]
  if (tokenIds !== undefined) return [[sql<SqlBool>`gathered = ${tokenIds}`, IS_TOKEN]]
  if (machines) return await aboutMachines(db, machines)
  if (callers) return byCallers(callers)
  if (correlationId !== undefined || code !== undefined) return [[]]
  return [action === undefined || action === 'issue-token' ? [] : [IS_NO_TOKEN]]
}

async function aboutMachines(db: Kysely<Schema>, { principalIds, clientIds }: Meant): Promise<Condition[][]> {
  const keys = await resourceKeysOf(db, principalIds)
  return [
    ...forAssigned(clientIds),
    ...principalIds.map((id) => [sql<SqlBool>`principal_id = ${id}`]),
    ...keys.map((key) => [sql<SqlBool>`lower(resource_id) = ${key}`, IS_NO_TOKEN]),
  ]
}

function forAssigned(clientIds: readonly string[]): Condition[][] {
  return clientIds.map((id) => [sql<SqlBool>`client_id = ${id}`, IS_TOKEN, IS_FOR_ASSIGNED])
}

/** Tokens are found by whose they are, since they are nearly all rows; those refused to strangers are nobody's. */
function byCallers({ principalIds, clientIds }: Meant): Condition[][] {
  return [
    ...forAssigned(clientIds),
    ...principalIds.map((id) => [sql<SqlBool>`principal_id = ${id}`, IS_TOKEN]),
    ...clientIds.flatMap((id) => [
      [sql<SqlBool>`client_id = ${id}`, IS_NO_TOKEN],
      [sql<SqlBool>`client_id = ${id}`, sql<SqlBool>`principal_id is null`],
    ]),
  ]
}

/** What holds for all of them. */
function conditionsOf({ callers, machines, action, outcome, correlationId, code }: AuditSearch): Condition[] {
  const isBoth = callers && machines
  return [
    ...(isBoth ? [sql<SqlBool>`client_id in (${sql.join(callers.clientIds)})`] : []),
    ...(action === undefined ? [] : [sql<SqlBool>`action = ${action}`]),
    ...(outcome === undefined ? [] : [sql<SqlBool>`outcome = ${sql.lit(outcome)}`]),
    ...(correlationId === undefined
      ? []
      : [sql<SqlBool>`correlation_id = ${correlationId}`, IS_OF_ONE_REQUEST]),
    ...(code === undefined ? [] : [sql<SqlBool>`code = ${code}`, IS_REFUSED]),
  ]
}
