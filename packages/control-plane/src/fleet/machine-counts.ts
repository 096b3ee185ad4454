/**
 * Counts machines by their status, their agents' versions and the ends of their certificates, a slice of them at a time: on
 * SQLite every other request waits for a slice, and for no more.
 *
 * @module
 */

import { type RawBuilder, sql } from 'kysely'
import type { ResourceRange } from '../registry/resource-list.ts'
import type { MachineStatus, PrincipalState } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { lastOf } from './machine-filter.ts'
import { isBehind, isIn, isUpTo, type MachineWay, waysOf } from './machine-way.ts'

/** When the certificate of a machine ends; `none` has no key yet. */
type CertificateEnd = 'ended' | 'within7Days' | 'within30Days' | 'later' | 'none'

/** How many machines there are, in all and of each kind. */
export interface MachineCounts {
  machines: number
  disabled: number
  /** Those whose agents have told that a part of them fails. */
  failing: number
  byStatus: Readonly<Record<MachineStatus, number>>
  byCertificateEnd: Readonly<Record<CertificateEnd, number>>
  /** Under "" those that told no version. */
  byAgentVersion: ReadonlyMap<string, number>
}

/** The counts of a slice. */
interface CountedSlice {
  counts: MachineCounts
  /** There may be more machines behind this place; undefined if these were the last. */
  lookedTo: string | undefined
}

/** The counts of no machine. */
const NO_MACHINES: MachineCounts = {
  machines: 0,
  disabled: 0,
  failing: 0,
  byStatus: { AwaitingConnection: 0, Connected: 0, Disconnected: 0, Expired: 0 },
  byCertificateEnd: { ended: 0, within7Days: 0, within30Days: 0, later: 0, none: 0 },
  byAgentVersion: new Map(),
}

/** For each of them SQLite reads some seven pages. */
const SLICE_MACHINES = 1_000

/** A machine may say any version of itself, and a fleet of liars must not fill the memory. */
const VERSIONS_MAX = 500

/** Where a machine's version stands in its properties. A JSON function would refuse what a machine may have written there. */
const VERSION = { begin: '"agentVersion":"', end: '"', max: 64 }

/** What all versions beyond those are called. */
export const OTHER_VERSIONS = 'other'

const DAY_MILLISECONDS = 86_400_000

/** Counts the first machines of `range` that come after `range.after`. */
export async function countSlice(
  storage: Storage,
  range: Omit<ResourceRange, 'limit'>,
  now: Date,
): Promise<CountedSlice> {
  const [way] = waysOf(range, { isSmall: false })
  if (!way) throw new Error('there is no way through the machines')
  const lookedTo = await lastOf(storage.db, way, { after: range.after, count: SLICE_MACHINES })
  return { counts: countsOf(await readGroups(storage, way, { range, lookedTo, now })), lookedTo }
}

/** Both together. */
export function addCounts(one: MachineCounts, other: MachineCounts): MachineCounts {
  return {
    machines: one.machines + other.machines,
    disabled: one.disabled + other.disabled,
    failing: one.failing + other.failing,
    byStatus: tally(one.byStatus, entriesOf(other.byStatus)),
    byCertificateEnd: tally(one.byCertificateEnd, entriesOf(other.byCertificateEnd)),
    byAgentVersion: tallyVersions(one.byAgentVersion, other.byAgentVersion),
  }
}

/** What machines that are counted together have in common. */
interface Kind {
  status: MachineStatus
  state: PrincipalState
  end: CertificateEnd
  version: string
  health: 'failing' | 'other'
}

async function readGroups(
  { db, textBetween }: Storage,
  way: MachineWay,
  { range, lookedTo, now }: { range: Omit<ResourceRange, 'limit'>; lookedTo: string | undefined; now: Date },
): Promise<(Kind & { machines: number })[]> {
  const version = textBetween(sql.ref('machine.properties'), VERSION)
  const upTo = lookedTo === undefined ? sql`1 = 1` : isUpTo(way, lookedTo)
  const { rows } = await sql<Kind & { machines: number }>`
    select presence.status, principal.state, ${endSql(now)} as "end", ${version} as version,
      case when machine_health.failing > 0 then 'failing' else 'other' end as health, count(*) as machines
    from machine cross join presence cross join principal
      left join machine_key on machine_key.principal_id = machine.principal_id and machine_key.state = 'current'
      left join machine_health on machine_health.principal_id = machine.principal_id
    where ${isIn(range)} and (${isBehind(way, range.after)}) and (${upTo})
      and presence.principal_id = machine.principal_id and principal.id = machine.principal_id
    group by 1, 2, 3, 4, 5`.execute(db)
  return rows
}

function endSql(now: Date): RawBuilder<CertificateEnd> {
  const within = (days: number) => sql.lit(now.getTime() + days * DAY_MILLISECONDS)
  return sql`case when machine_key.not_after is null then 'none' when machine_key.not_after <= ${within(0)} then 'ended'
    when machine_key.not_after <= ${within(7)} then 'within7Days' when machine_key.not_after <= ${within(30)} then 'within30Days'
    else 'later' end`
}

function countsOf(groups: readonly (Kind & { machines: number })[]): MachineCounts {
  const sum = (all: typeof groups) => all.reduce((total, { machines }) => total + machines, 0)
  return {
    machines: sum(groups),
    disabled: sum(groups.filter(({ state }) => state === 'disabled')),
    failing: sum(groups.filter(({ health }) => health === 'failing')),
    byStatus: tally(
      NO_MACHINES.byStatus,
      groups.map(({ status, machines }) => [status, machines] as const),
    ),
    byCertificateEnd: tally(
      NO_MACHINES.byCertificateEnd,
      groups.map(({ end, machines }) => [end, machines] as const),
    ),
    byAgentVersion: tallyVersions(
      NO_MACHINES.byAgentVersion,
      groups.map(({ version, machines }) => [version, machines] as const),
    ),
  }
}

type Entries<Name extends string> = Iterable<readonly [name: Name, machines: number]>

function entriesOf<Name extends string>(counts: Readonly<Record<Name, number>>): Entries<Name> {
  return Object.entries(counts) as [Name, number][]
}

function tally<Name extends string>(
  before: Readonly<Record<Name, number>>,
  entries: Entries<Name>,
): Readonly<Record<Name, number>> {
  const all: Record<Name, number> = { ...before }
  for (const [name, machines] of entries) all[name] += machines
  return all
}

function tallyVersions(
  before: ReadonlyMap<string, number>,
  entries: Entries<string>,
): ReadonlyMap<string, number> {
  const all = new Map(before)
  for (const [version, machines] of entries) {
    const name = all.has(version) || all.size < VERSIONS_MAX ? version : OTHER_VERSIONS
    all.set(name, (all.get(name) ?? 0) + machines)
  }
  return all
}
