/**
 * The machines of a list that are wanted. The database looks at so many of them in one go, whether they are wanted or not,
 * that no answer takes long: where few of a million are wanted, a page may be empty and the next one follows it.
 *
 * @module
 */

import { type Kysely, type SqlBool, sql } from 'kysely'
import type { ResourceRange } from '../registry/resource-list.ts'
import { hasTags, readWanted, type TagFilter } from '../registry/tag-filter.ts'
import type { MachineStatus, Schema } from '../storage/schema.ts'
import { compareVersions } from './agent-version.ts'

/** What a machine must be to be wanted. */
export interface MachineFilter {
  status?: MachineStatus | undefined
  isDisabled?: true | undefined
  /** It was last seen before: its last heartbeat, or its making if it never sent one. */
  seenBefore?: Date | undefined
  /** It has all of them. */
  tags: readonly TagFilter[]
  agentVersion?: { is: string } | { below: string } | undefined
}

/** How many machines one answer looks at: on SQLite every other request waits for that. */
const LOOKED_AT_MAX = 2_500

/** Keys of machines that are wanted. */
export interface WantedMachines {
  keys: readonly string[]
  /** There may be more behind this key; undefined if the list ends. */
  lookedTo: string | undefined
}

/** The first machines of `range` that `filter` lets through, by their keys. */
export async function findWantedMachines(
  db: Kysely<Schema>,
  filter: MachineFilter,
  range: ResourceRange,
): Promise<WantedMachines> {
  const lookedTo = await lastLookedAt(db, range)
  let wanted = machinesOf(db, range)
    .innerJoin('presence', 'presence.principal_id', 'machine.principal_id')
    .innerJoin('principal', 'principal.id', 'machine.principal_id')
    .select(['machine.resource_key', 'machine.tags', 'machine.properties'])
  if (lookedTo !== undefined) wanted = wanted.where('machine.resource_key', '<=', lookedTo)
  for (const condition of conditionsOf(filter)) wanted = wanted.where(condition)
  const rows = await readWanted<Pick<Schema['machine'], 'resource_key' | 'tags' | 'properties'>>(
    range,
    ({ after, limit }) =>
      wanted.where('machine.resource_key', '>', after).orderBy('machine.resource_key').limit(limit).execute(),
    testOf(filter),
  )
  return { keys: rows.map(({ resource_key }) => resource_key), lookedTo }
}

function machinesOf(db: Kysely<Schema>, { subscriptionId, groupKey }: ResourceRange) {
  const machines = db.selectFrom('machine')
  return groupKey === undefined
    ? machines.where('machine.subscription_id', '=', subscriptionId)
    : machines.where('machine.group_key', '=', groupKey)
}

async function lastLookedAt(db: Kysely<Schema>, range: ResourceRange): Promise<string | undefined> {
  const last = await machinesOf(db, range)
    .select('machine.resource_key')
    .where('machine.resource_key', '>', range.after)
    .orderBy('machine.resource_key')
    .offset(LOOKED_AT_MAX - 1)
    .limit(1)
    .executeTakeFirst()
  return last?.resource_key
}

/** What the database can decide; of tags and versions, only what cannot be wanted. */
function conditionsOf({ status, isDisabled, seenBefore, tags, agentVersion }: MachineFilter) {
  const values = tags.flatMap((tag) => ('value' in tag && tag.value !== undefined ? [tag.value] : []))
  return [
    ...(status === undefined ? [] : [sql<SqlBool>`presence.status = ${status}`]),
    ...(isDisabled ? [sql<SqlBool>`principal.state = 'disabled'`] : []),
    ...(seenBefore === undefined ? [] : [lastSeenBefore(seenBefore)]),
    ...values.map((value) => contains('machine.tags', value)),
    ...(agentVersion && 'is' in agentVersion ? [contains('machine.properties', agentVersion.is)] : []),
  ]
}

/** Whether a machine of `machine` and `presence` was last seen before `time`. */
function lastSeenBefore(time: Date) {
  return sql<SqlBool>`coalesce(presence.last_heartbeat_at, machine.created_at) < ${time.getTime()}`
}

/** Both databases have `like`; one of them compares letters without regard to case, so that this lets too many through. */
function contains(column: string, value: string) {
  const part = JSON.stringify(value).replaceAll(/[\\%_]/g, String.raw`\$&`)
  return sql<SqlBool>`${sql.ref(column)} like ${`%${part}%`} escape '\\'`
}

function testOf({ tags, agentVersion }: MachineFilter) {
  if (tags.length === 0 && !agentVersion) return undefined
  return (row: { tags: string; properties: string }) =>
    hasTags(row.tags, tags) && (!agentVersion || hasVersion(row.properties, agentVersion))
}

/** A machine that has told no version is of none. */
function hasVersion(properties: string, wanted: NonNullable<MachineFilter['agentVersion']>): boolean {
  const { agentVersion } = JSON.parse(properties)
  if (typeof agentVersion !== 'string') return false
  return 'is' in wanted ? agentVersion === wanted.is : compareVersions(agentVersion, wanted.below) < 0
}
