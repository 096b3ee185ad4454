/**
 * The race for local answers: every contestant runs all the time, and each round asks one after the other, over connections
 * that are kept and over new ones.
 *
 * @module
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Table } from '../report.ts'
import { spreadOf } from '../statistics.ts'
import { Worker } from '../worker.ts'
import { LOCAL_HTTP } from './contestants/local-http.ts'
import { ROLESANYWHERE } from './contestants/rolesanywhere.ts'
import { SPIRE_AGENT } from './contestants/spire-agent.ts'
import { inRounds, type RaceEffort, type Telling, withEach } from './field.ts'
import type { LocalLoad, LocalLoadResult } from './local-callers.ts'
import type { LocalContestant, RunningLocalContestant } from './local-contestant.ts'
import { memoryMiB, microsecondsBetween, processorTimes } from './process-tree.ts'
import { CALLERS_PROCESSOR } from './started-program.ts'

/** All of them. */
export const LOCAL_CONTESTANTS: readonly LocalContestant[] = [...LOCAL_HTTP, ROLESANYWHERE, SPIRE_AGENT]

const CALLERS = 8
const CONNECTIONS = ['kept', 'new'] as const

/** So many loads are thrown away, with the code not compiled yet. */
const WARM_UP_LOADS = 3

interface LocalRound extends LocalLoadResult {
  microseconds: number
}

interface LocalEntrant {
  name: string
  contestant: LocalContestant
  running?: RunningLocalContestant
  refuseEnded?: () => void
  measured: Record<(typeof CONNECTIONS)[number], LocalRound[]>
  memory: number
}

type Callers = Worker<LocalLoad, LocalLoadResult>

/** Races in `folder`. */
export async function raceLocal(
  folder: string,
  effort: RaceEffort,
  telling: Telling,
  contestants: readonly LocalContestant[],
): Promise<Table[]> {
  const callers: Callers = new Worker('race/local-callers.ts', {
    processor: CALLERS_PROCESSOR,
    flags: ['--max-semi-space-size=64'],
  })
  await using resources = new AsyncDisposableStack()
  resources.defer(() => callers.stop())
  const entrants = contestants.map((contestant) => newEntrant(contestant))
  let field = await withEach(entrants, telling, async (entrant) => {
    telling.say(`${entrant.name}: starting …`)
    const own = join(folder, String(entrants.indexOf(entrant)))
    mkdirSync(own)
    entrant.running = await entrant.contestant.start({ folder: own, resources })
    const { refuseEnded } = entrant.running
    if (refuseEnded) entrant.refuseEnded = refuseEnded
  })
  field = await withEach(field, telling, (entrant) => warmUp(entrant, callers, effort))
  await inRounds(field, effort.rounds, telling, async (entrant) => {
    for (const connections of CONNECTIONS)
      entrant.measured[connections].push(await measure(entrant, callers, connections, effort))
  })
  // Who left in a later round has the figures of those before.
  const placed = field.filter(({ measured }) => measured.new.length > 0)
  for (const entrant of placed) entrant.memory = memoryMiB(entrant.running?.pid ?? 0)
  return placed.length === 0 ? [] : [tableOf(placed)]
}

function newEntrant(contestant: LocalContestant): LocalEntrant {
  return { name: contestant.name, contestant, measured: { kept: [], new: [] }, memory: 0 }
}

async function warmUp(entrant: LocalEntrant, callers: Callers, effort: RaceEffort): Promise<void> {
  for (let load = 0; load < WARM_UP_LOADS; load += 1)
    for (const connections of CONNECTIONS) await measure(entrant, callers, connections, effort)
}

async function measure(
  { name, running }: LocalEntrant,
  callers: Callers,
  connections: LocalLoad['connections'],
  { seconds }: RaceEffort,
): Promise<LocalRound> {
  if (!running) throw new TypeError('a contestant that was not started is not measured')
  const { pid, target } = running
  const before = processorTimes(pid)
  const load = { name, target, connections, callers: CALLERS, milliseconds: seconds * 1000 }
  const result = await callers.ask(load)
  return { ...result, microseconds: microsecondsBetween(before, processorTimes(pid)) / result.answers }
}

function tableOf(field: readonly LocalEntrant[]): Table {
  return {
    title: 'Race: a local answer from memory',
    rows: field.map(rowOf),
    notes: [
      `${CALLERS} callers ask at once, each over one connection that is kept, or each time over a new one that it resets. µs are processor time an answer, of the server with all its processes, on a processor of its own. The answer is as long as one with a token.`,
    ],
  }
}

function rowOf({ name, contestant, measured, memory }: LocalEntrant): Table['rows'][number] {
  const of = (connections: LocalLoad['connections'], value: (round: LocalRound) => number) =>
    spreadOf(measured[connections].map(value))
  return {
    contestant: name,
    'kept: µs': of('kept', (one) => one.microseconds),
    'answers/s': of('kept', (one) => one.answersPerSecond),
    'p50 µs': of('kept', (one) => one.p50Microseconds),
    'p99 µs': of('kept', (one) => one.p99Microseconds),
    'new: µs': of('new', (one) => one.microseconds),
    'new: answers/s': of('new', (one) => one.answersPerSecond),
    'new: p99 µs': of('new', (one) => one.p99Microseconds),
    MiB: memory,
    'MB on the disk': contestant.size(),
    'for an answer it': contestant.does,
  }
}
