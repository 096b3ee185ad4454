/**
 * Searches the audit trail. A search is a few questions, each of which one index answers in the order of time, and whose
 * answers are put together here: so it reads no more rows than it shows, however long the trail is.
 *
 * @see ../storage/audit-tables.ts
 * @module
 */

import { audienceSpellings } from '@landfast/protocol'
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import { asciiLower } from '../storage/ascii-lower.ts'
import type { Schema } from '../storage/schema.ts'
import { type AuditRow, type AuditSpan, listAudit, type RowKind } from './audit-list.ts'
import { type Meant, resourceKeysOf } from './audit-people.ts'
import { clipText } from './audit-rows.ts'

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
  /** Asked for this audience: in any case of its letters, and with a slash at its end or without. */
  audience?: string | undefined
}

type Condition = RawBuilder<SqlBool>

/** As literals, since an index for a part of the rows is used only where the database sees that part in the statement. */
const IS_TOKEN: Condition = sql`action = 'issue-token'`
const IS_NO_TOKEN: Condition = sql`action <> 'issue-token'`

const IS_REFUSED: Condition = sql`outcome = 'refused'`
const IS_DONE: Condition = sql`outcome = 'done'`

const HAS_AUDIENCE: Condition = sql`audience is not null`

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
  const rows: AuditRow[] = []
  for (const kind of kindsOf(span)) {
    const answers = await Promise.all(
      questions.map((question) => listAudit(db, span, [...question, ...conditionsOf(search)], kind)),
    )
    const found = new Map(answers.flat().map((row) => [row.row.id, row]))
    const sorted = [...found.values()].toSorted(byTime)
    rows.push(...(span.isNewestFirst ? sorted.reverse() : sorted))
    if (rows.length >= span.limit) break
  }
  return rows.slice(0, span.limit)
}

/** In the order of `span`: what lasts into it began before all the rest. */
function kindsOf({ since, isNewestFirst }: AuditSpan): readonly RowKind[] {
  if (since.getTime() <= 0) return ['usual']
  return isNewestFirst ? ['usual', 'lasting'] : ['lasting', 'usual']
}

function byTime({ row: one }: AuditRow, { row: other }: AuditRow): number {
  return one.time - other.time || (one.id < other.id ? -1 : 1)
}

/** What holds for each row, by the index that one question begins with. */
async function questionsOf(db: Kysely<Schema>, search: AuditSearch): Promise<Condition[][]> {
  const { callers, machines, action, id, correlationId, tokenIds, code, audience } = search
  if (id !== undefined) return [[sql<SqlBool>`id = ${id}`]]
  if (tokenIds !== undefined) return [[sql<SqlBool>`gathered = ${tokenIds}`, IS_TOKEN]]
  if (machines) return await aboutMachines(db, machines)
  if (callers) return byCallers(callers)
  if (correlationId !== undefined || code !== undefined) return [[]]
  if (action !== undefined && action !== 'issue-token') return [[IS_NO_TOKEN]]
  return audience === undefined ? [[]] : forAudience(audience, search)
}

/** Each spelling with each outcome: of one that is asked for all the time few are refused. */
function forAudience(audience: string, { outcome }: AuditSearch): Condition[][] {
  const outcomes = [...(outcome === 'refused' ? [] : [IS_DONE]), ...(outcome === 'done' ? [] : [IS_REFUSED])]
  return spellingsOf(audience).flatMap((spelling) =>
    outcomes.map((one) => [sql<SqlBool>`lower(audience) = ${spelling}`, one, HAS_AUDIENCE]),
  )
}

/** As the rows have them: one that is too long for a row by its beginning and its hash. */
function spellingsOf(audience: string): readonly string[] {
  return audienceSpellings(audience).map((spelling) => asciiLower(clipText(spelling)))
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
function conditionsOf(search: AuditSearch): Condition[] {
  const { callers, machines, action, outcome, correlationId, code, audience } = search
  const isBoth = callers && machines
  return [
    ...(isBoth ? [sql<SqlBool>`client_id in (${sql.join(callers.clientIds)})`] : []),
    ...(action === undefined ? [] : [sql<SqlBool>`action = ${action}`]),
    ...(outcome === undefined ? [] : [sql<SqlBool>`outcome = ${sql.lit(outcome)}`]),
    ...(correlationId === undefined
      ? []
      : [sql<SqlBool>`correlation_id = ${correlationId}`, IS_OF_ONE_REQUEST]),
    ...(code === undefined ? [] : [sql<SqlBool>`code = ${code}`, IS_REFUSED]),
    ...(audience === undefined
      ? []
      : [sql<SqlBool>`lower(audience) in (${sql.join(spellingsOf(audience))})`]),
  ]
}
