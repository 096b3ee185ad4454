/**
 * The ways on which a list goes through the machines: by their keys, by their names, or by their last heartbeats. Each follows
 * an index, so that a page is found without a look at the others, and says of each machine at which place it stands.
 *
 * @see ../storage/migrations.ts
 * @module
 */

import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { ResourceRange } from '../registry/resource-list.ts'
import { asciiLower, beginsWith } from '../storage/ascii-lower.ts'
import type { MachineStatus } from '../storage/schema.ts'

/** The orders that can be asked for; the default is that of the keys: by group, then by name. `newest` is `heartbeat` from its end. */
export type MachineOrder = 'name' | 'heartbeat' | 'newest'

/** A column by which a way is ordered. */
interface PlaceColumn {
  value: RawBuilder<unknown>
  isNumber?: true
}

/** One way, or a part of it that another one follows. */
export interface MachineWay {
  /** What every place on it begins with, so that it is told from those of the other parts. */
  mark: string
  /** The table whose index it follows, and the rows of it. */
  table: 'machine' | 'presence'
  within: RawBuilder<SqlBool>
  columns: readonly PlaceColumn[]
  /** It goes from the last to the first. */
  isBackward?: boolean
  /** It follows no index: its machines are few, and are sorted. */
  isSorted?: true
  /** The object ids of all machines on it, where they are read from an index; then `table` comes after that. */
  few?: RawBuilder<unknown> | undefined
}

/** Which machines of a range are gone through, and how. */
export interface MachineCourse {
  order?: MachineOrder | undefined
  /** What the names begin with, in any case. */
  namePrefix?: string | undefined
  /** Of these object ids alone. */
  principalIds?: readonly string[] | undefined
  /** Of this status alone. */
  status?: MachineStatus | undefined
  /** A statement for the object ids of all that can be wanted, if they are so few that they may be sorted. */
  few?: RawBuilder<unknown> | undefined
  /** Whether the range is so small that its machines may be sorted. */
  isSmall: boolean
}

type Range = Pick<ResourceRange, 'subscriptionId' | 'groupKey'>

/** The ways of `course`, one after the other. */
export function waysOf(range: Range, course: MachineCourse): MachineWay[] {
  if (course.principalIds) return [keyWay(range, isOneOf(course.principalIds))]
  const { order, few, isSmall, namePrefix = '' } = course
  if (isByHeartbeat(order)) return few || isSmall ? [sortedWay(range, course)] : heartbeatWays(course)
  const within = sql<SqlBool>`${isIn(range)} and ${nameBegins(namePrefix)}`
  const named: MachineWay = { mark: '', table: 'machine', within, columns: [{ value: NAME }, { value: KEY }] }
  // Within a group the keys are in the order of the names.
  const way =
    range.groupKey !== undefined || (order !== 'name' && namePrefix === '')
      ? keyWay(range, keyBegins(range.groupKey, namePrefix))
      : named
  return [few ? { ...way, few, isSorted: true } : way]
}

/** Whether a list of this order goes by the last heartbeats, from either end. */
export function isByHeartbeat(order: MachineOrder | undefined): boolean {
  return order === 'heartbeat' || order === 'newest'
}

/** Whether a machine lies in `range`. */
export function isIn({ subscriptionId, groupKey }: Range): RawBuilder<SqlBool> {
  return groupKey === undefined
    ? sql`machine.subscription_id = ${subscriptionId}`
    : sql`machine.group_key = ${groupKey}`
}

/** Whether the name of a machine begins with `prefix`. */
export function nameBegins(prefix: string): RawBuilder<SqlBool> {
  return prefix === '' ? EVERY : beginsWith(NAME, asciiLower(prefix))
}

const EVERY = sql<SqlBool>`1 = 1`
const KEY = sql`machine.resource_key`
const NAME = sql`lower(machine.name)`
const PRINCIPAL = sql`presence.principal_id`

/** As the index has it: what never sent a heartbeat comes first. */
const LAST_HEARTBEAT = sql`coalesce(presence.last_heartbeat_at, 0)`

/** As a literal, since an index of a part of the rows is used only where the database sees that part in the statement. */
const IS_AWAY = sql<SqlBool>`presence.status <> 'Connected'`
const IS_CONNECTED = sql<SqlBool>`presence.status = 'Connected'`

function keyBegins(groupKey: string | undefined, prefix: string): RawBuilder<SqlBool> {
  if (groupKey === undefined || prefix === '') return EVERY
  return beginsWith(KEY, `${groupKey}/providers/microsoft.hybridcompute/machines/${asciiLower(prefix)}`)
}

function isOneOf(principalIds: readonly string[]): RawBuilder<SqlBool> {
  return principalIds.length === 0 ? sql`1 = 0` : sql`machine.principal_id in (${sql.join(principalIds)})`
}

function keyWay(range: Range, further = EVERY): MachineWay {
  return { mark: '', table: 'machine', within: sql`${isIn(range)} and ${further}`, columns: [{ value: KEY }] }
}

/** Those that are connected are behind the others. */
const PHASE = { value: sql`case when ${IS_CONNECTED} then 1 else 0 end`, isNumber: true } as const

/** Its places are as those of the ways by heartbeat: a small range may grow between two pages. */
function sortedWay(range: Range, { few, order }: MachineCourse): MachineWay {
  const columns = [PHASE, ...byLast(LAST_HEARTBEAT)]
  const isBackward = order === 'newest'
  return { mark: '', table: 'machine', within: isIn(range), columns, isBackward, isSorted: true, few }
}

function byLast(value: RawBuilder<unknown>): PlaceColumn[] {
  return [{ value, isNumber: true }, { value: PRINCIPAL }]
}

/**
 * Those that are out come first, the longest silent of them before the others, then those that are connected; or the other way
 * round. A place of the first begins with 0, one of the second with 1.
 */
function heartbeatWays({ order, status }: MachineCourse): MachineWay[] {
  const isBackward = order === 'newest'
  const common = { table: 'presence', isBackward } as const
  const away = { ...common, mark: '0 ', within: IS_AWAY, columns: byLast(LAST_HEARTBEAT) }
  const seen = sql`presence.last_heartbeat_at`
  // Without the bound SQLite would rather sort all of them.
  const within = sql<SqlBool>`${IS_CONNECTED} and ${seen} >= 0`
  const connected = { ...common, mark: '1 ', within, columns: byLast(seen) }
  if (status !== undefined) return [status === 'Connected' ? connected : away]
  return isBackward ? [connected, away] : [away, connected]
}

/** In which order the rows of `way` are read. */
export function orderOf({ columns, isBackward }: MachineWay): RawBuilder<unknown> {
  return sql.join(columns.map(({ value }) => (isBackward ? sql`${value} desc` : value)))
}

/** The place of a row, whose columns are those of `way` in their order. */
export function placeOn({ mark }: MachineWay, columns: readonly unknown[]): string {
  return mark + columns.join(' ')
}

/** What holds for the rows of `way` that come after `place`; for all if it is empty. */
export function isBehind(way: MachineWay, place: string): RawBuilder<SqlBool> {
  if (place === '') return EVERY
  const strictly = way.isBackward ? sql`<` : sql`>`
  return compare(way, place, { strictly, last: strictly })
}

/** What holds for the rows of `way` up to and with `place`. */
export function isUpTo(way: MachineWay, place: string): RawBuilder<SqlBool> {
  if (way.isBackward) return compare(way, place, { strictly: sql`>`, last: sql`>=` })
  return compare(way, place, { strictly: sql`<`, last: sql`<=` })
}

/** Column by column, since not every index is used for a comparison of rows. */
function compare(
  way: MachineWay,
  place: string,
  { strictly, last }: { strictly: RawBuilder<unknown>; last: RawBuilder<unknown> },
): RawBuilder<SqlBool> {
  const values = place.slice(way.mark.length).split(' ')
  return way.columns.reduceRight<RawBuilder<SqlBool>>((rest, { value: column, isNumber }, index) => {
    const value = isNumber ? numberIn(values[index]) : (values[index] ?? '')
    if (index === way.columns.length - 1) return sql`${column} ${last} ${value}`
    return sql`${column} ${strictly}= ${value} and (${column} ${strictly} ${value} or (${rest}))`
  }, EVERY)
}

/** Who sends a place may have changed it. */
function numberIn(text = ''): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : 0
}
