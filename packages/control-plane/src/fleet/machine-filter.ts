/**
 * The machines of a list that are wanted. The database looks at so many of them in one go, whether they are wanted or not,
 * that no answer takes long: where few of a million are wanted, a page may be empty and the next one follows it.
 *
 * @module
 */

import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { ResourceRange } from '../registry/resource-list.ts'
import { hasTags, readWanted, type TagFilter } from '../registry/tag-filter.ts'
import { asciiLower } from '../storage/ascii-lower.ts'
import type { Schema } from '../storage/schema.ts'
import { compareVersions } from './agent-version.ts'
import {
  findFewMachines,
  type IndexedFilter,
  isEndWithin,
  LOOKED_AT_MAX,
  type TimeSpan,
} from './few-machines.ts'
import {
  isBehind,
  isByHeartbeat,
  isIn,
  isUpTo,
  type MachineCourse,
  type MachineWay,
  nameBegins,
  orderOf,
  placeOn,
  waysOf,
} from './machine-way.ts'

/** What a machine must be to be wanted. */
export interface MachineFilter extends IndexedFilter {
  /** It was last seen before: its last heartbeat, or its making if it never sent one. */
  seenBefore?: Date | undefined
  /** It has all of them. */
  tags: readonly TagFilter[]
  /** Of the version "" are those that told none. */
  agentVersion?: { is: string } | { below: string } | undefined
  /** In its name, in any case. */
  nameContains?: string | undefined
}

/** Which machines are wanted, and in which order. */
export interface MachineQuery extends Omit<MachineCourse, 'few' | 'isSmall' | 'status'> {
  filter: MachineFilter
}

/** A machine that is wanted: its key, and where it stands in the list. */
interface WantedMachine {
  resourceKey: string
  place: string
}

/** Some of those that are wanted. */
export interface WantedMachines {
  machines: readonly WantedMachine[]
  /** There may be more behind this place; undefined if the list ends. */
  lookedTo: string | undefined
}

/** The first machines of `range`, whose `after` is a place, that `query` lets through. */
export async function findWantedMachines(
  db: Kysely<Schema>,
  query: MachineQuery,
  range: ResourceRange,
): Promise<WantedMachines> {
  const ways = await findWays(db, query, range)
  const begun = ways.findIndex(({ mark }) => range.after.startsWith(mark))
  const machines: WantedMachine[] = []
  for (const [index, way] of ways.slice(Math.max(begun, 0)).entries()) {
    const part = { ...range, after: index === 0 ? range.after : '', limit: range.limit - machines.length }
    const found = await goAlong(db, way, { query, range: part })
    machines.push(...found.machines)
    if (found.lookedTo !== undefined || machines.length >= range.limit)
      return { machines, lookedTo: found.lookedTo }
  }
  return { machines, lookedTo: undefined }
}

async function findWays(
  db: Kysely<Schema>,
  query: MachineQuery,
  range: ResourceRange,
): Promise<MachineWay[]> {
  const { order, filter, principalIds } = query
  const few = principalIds ? undefined : await findFewMachines(db, filter)
  const isSmall = !few && isByHeartbeat(order) && (await isSmallRange(db, range))
  return waysOf(range, { ...query, status: filter.status, few, isSmall })
}

/** Whether a list of `range` may read all of it. */
async function isSmallRange(db: Kysely<Schema>, range: ResourceRange): Promise<boolean> {
  const [way] = waysOf(range, { isSmall: false })
  return way !== undefined && (await lastOf(db, way, { after: '', count: LOOKED_AT_MAX })) === undefined
}

async function goAlong(
  db: Kysely<Schema>,
  way: MachineWay,
  { query, range }: { query: MachineQuery; range: ResourceRange },
): Promise<WantedMachines> {
  const { after } = range
  const lookedTo = way.isSorted ? undefined : await lastOf(db, way, { after, count: LOOKED_AT_MAX })
  const conditions = [
    isIn(range),
    nameBegins(query.namePrefix ?? ''),
    ...(lookedTo === undefined ? [] : [isUpTo(way, lookedTo)]),
    ...conditionsOf(query.filter),
  ]
  const test = testOf(query.filter)
  const rows = await readWanted<Row>(range, (part) => readRows(db, way, { ...part, conditions, test }), {
    wanted: test,
    keyOf: ({ place }) => place,
  })
  return { machines: rows.map(({ resource_key, place }) => ({ resourceKey: resource_key, place })), lookedTo }
}

/** The place of the last of `count` machines of `way` behind `after`; undefined if there are fewer. */
export async function lastOf(
  db: Kysely<Schema>,
  way: MachineWay,
  { after, count }: { after: string; count: number },
): Promise<string | undefined> {
  const { rows } = await sql<Record<string, unknown>>`
    select ${placeColumns(way)} from ${sql.table(way.table)} where ${way.within} and (${isBehind(way, after)})
    order by ${orderOf(way)} limit 1 offset ${sql.lit(count - 1)}`.execute(db)
  return rows[0] && placeOf(way, rows[0])
}

type Row = Pick<Schema['machine'], 'resource_key' | 'tags' | 'properties'> & { place: string }

/** The cross joins are for SQLite, which keeps to their order and so to the index of the way. */
async function readRows(
  db: Kysely<Schema>,
  way: MachineWay,
  {
    after,
    limit,
    conditions,
    test,
  }: { after: string; limit: number; conditions: readonly RawBuilder<SqlBool>[]; test: unknown },
): Promise<Row[]> {
  const other = way.table === 'machine' ? 'presence' : 'machine'
  const texts = test ? sql`, machine.tags, machine.properties` : sql``
  const [first, isFirst] = way.few
    ? [sql`(${way.few}) as few cross join`, sql`machine.principal_id = few.principal_id and`]
    : [sql``, sql``]
  const { rows } = await sql<Omit<Row, 'place'>>`
    select machine.resource_key, ${placeColumns(way)} ${texts}
    from ${first} ${sql.table(way.table)} cross join ${sql.table(other)} cross join principal
    where ${isFirst} ${way.within} and (${isBehind(way, after)})
      and machine.principal_id = presence.principal_id and principal.id = machine.principal_id
      and ${sql.join(conditions, sql` and `)}
    order by ${orderOf(way)} limit ${limit}`.execute(db)
  return rows.map((row) => ({ ...row, place: placeOf(way, row) }))
}

function placeColumns({ columns }: MachineWay) {
  return sql.join(columns.map(({ value }, index) => sql`${value} as ${sql.ref(`place${index}`)}`))
}

function placeOf(way: MachineWay, row: object): string {
  return placeOn(
    way,
    way.columns.map((_, index) => (row as Record<string, unknown>)[`place${index}`]),
  )
}

/** What the database can decide; of tags and versions, only what cannot be wanted. */
function conditionsOf(filter: MachineFilter) {
  const { status, isDisabled, isFailing, certificateEnd, seenBefore, tags, agentVersion, nameContains } =
    filter
  const values = tags.flatMap((tag) => ('value' in tag && tag.value !== undefined ? [tag.value] : []))
  return [
    ...(status === undefined ? [] : [sql<SqlBool>`presence.status = ${status}`]),
    ...(isDisabled ? [sql<SqlBool>`principal.state = 'disabled'`] : []),
    ...(certificateEnd === undefined ? [] : [endsWithin(certificateEnd)]),
    ...(isFailing ? [IS_FAILING] : []),
    ...(seenBefore === undefined ? [] : [lastSeenBefore(seenBefore)]),
    ...values.map((value) => contains('machine.tags', value)),
    ...(nameContains === undefined ? [] : [nameHas(nameContains)]),
    ...(agentVersion && 'is' in agentVersion && agentVersion.is !== ''
      ? [contains('machine.properties', agentVersion.is)]
      : []),
  ]
}

function endsWithin(span: TimeSpan) {
  return sql<SqlBool>`exists (select 1 from machine_key
    where machine_key.principal_id = machine.principal_id and machine_key.state = 'current' and ${isEndWithin(span)})`
}

const IS_FAILING = sql<SqlBool>`exists (select 1 from machine_health
  where machine_health.principal_id = machine.principal_id and machine_health.failing > 0)`

/** Whether a machine of `machine` and `presence` was last seen before `time`. */
function lastSeenBefore(time: Date) {
  return sql<SqlBool>`coalesce(presence.last_heartbeat_at, machine.created_at) < ${time.getTime()}`
}

/** Both databases have `like`; one of them compares letters without regard to case, so that this lets too many through. */
function contains(column: string, value: string) {
  return isLike(sql.ref(column), JSON.stringify(value))
}

/** Both columns are in lower case, so that here nothing is let through too much. */
function nameHas(part: string) {
  return isLike(sql`lower(machine.name)`, asciiLower(part))
}

function isLike(column: RawBuilder<unknown>, part: string) {
  const text = part.replaceAll(/[\\%_]/g, String.raw`\$&`)
  return sql<SqlBool>`${column} like ${`%${text}%`} escape '\\'`
}

function testOf({ tags, agentVersion }: MachineFilter) {
  if (tags.length === 0 && !agentVersion) return undefined
  return (row: { tags: string; properties: string }) =>
    hasTags(row.tags, tags) && (!agentVersion || hasVersion(row.properties, agentVersion))
}

/** A machine that has told no version is older than none. */
function hasVersion(properties: string, wanted: NonNullable<MachineFilter['agentVersion']>): boolean {
  const { agentVersion } = JSON.parse(properties)
  if (typeof agentVersion !== 'string') return 'is' in wanted && wanted.is === ''
  return 'is' in wanted ? agentVersion === wanted.is : compareVersions(agentVersion, wanted.below) < 0
}
