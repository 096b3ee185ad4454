/**
 * The processes of a control plane on one host: the first one serves as well, starts the others, has another take the place of
 * one that ends, and passes on what they tell each other.
 *
 * @see ../../../../docs/control-plane.md#processes
 * @module
 */

import { availableParallelism } from 'node:os'
import type { Companions, ControlPlaneOptions, Taking } from '@landfast/control-plane'
import type { Logger } from 'pino'
import { CliError } from '../cli-error.ts'
import type { ControlPlaneSettings } from '../settings/control-plane-settings.ts'
import { type MemberProcess, startMember } from './member-process.ts'

/** How long after the end of one the next is started; each time twice as long, until one has lasted. */
const REPLACE_MILLISECONDS = { first: 500, max: 30_000 }

/** One that served for so long did not end for what made the one before it end. */
const LASTED_MILLISECONDS = 60_000

/** Above what a member takes to answer what is under way when its drain time is over. */
const END_MILLISECONDS = 10_000

/** Connections to the database: of all processes as far as each still has the least, and of each. PostgreSQL has 100 by default. */
const CONNECTIONS = { all: 40, min: 4, max: 10 }

/** What a group is made of. */
interface GroupParts {
  /** How many there are with the first. */
  processes: number
  settings: ControlPlaneSettings
  /** Of each process. */
  databaseConnections: number
  log: Logger
}

/** The other processes. */
export interface ProcessGroup {
  /** What the first one is told beside its own options. */
  readonly options: Required<Pick<ControlPlaneOptions, 'companions' | 'databaseConnections'>>
  /** Resolves when all of them serve `port`. @throws {CliError} if one does not. */
  start(port: number): Promise<void>
  /** Has them read the server's certificate again. */
  reload(): void
  /** Has them answer what is under way, and waits until they are gone. */
  stop(): Promise<void>
}

/** The place of one process, and what takes it. */
interface Place {
  number: number
  member?: MemberProcess
  startedAt: number
  /** Until the next one, if this one ends. */
  wait: number
  timer?: NodeJS.Timeout
}

/**
 * The group that the settings want; undefined if the first process is to be the only one.
 *
 * @throws {CliError} `argument_invalid` if there cannot be several.
 */
export function openGroup(
  settings: ControlPlaneSettings,
  { databaseUrl, log }: Pick<ControlPlaneOptions, 'databaseUrl' | 'log'>,
): ProcessGroup | undefined {
  const canShare = databaseUrl !== undefined && process.platform === 'linux'
  const processes = settings.processes ?? (canShare ? availableParallelism() : 1)
  if (processes === 1 || !log) return undefined
  if (!canShare) {
    throw new CliError('argument_invalid', {
      detail: `the setting "processes" is ${processes}, and several share a port only on Linux and with PostgreSQL`,
      hints: ['set "processes" to 1, or name a PostgreSQL database by "database-url-file"'],
    })
  }
  const each = Math.ceil(CONNECTIONS.all / processes)
  const databaseConnections = Math.min(Math.max(each, CONNECTIONS.min), CONNECTIONS.max)
  return createProcessGroup({ processes, settings, databaseConnections, log })
}

/** A group of which only the first process is there yet. */
function createProcessGroup(parts: GroupParts): ProcessGroup {
  const { processes, log, settings } = parts
  const places = Array.from({ length: processes - 1 }, (_, index): Place => {
    return { number: index + 2, startedAt: 0, wait: REPLACE_MILLISECONDS.first }
  })
  const hearing = createHearing(places)
  let state: 'starting' | 'serving' | 'stopping' = 'starting'

  function fill(place: Place, port: number): MemberProcess {
    const { number } = place
    const { databaseConnections } = parts
    place.startedAt = performance.now()
    const member = startMember(
      { number, settings, port, databaseConnections },
      { taken: (takings) => hearing.passOn(takings, place), ended: (how) => replace(place, how, port) },
    )
    place.member = member
    void member.serves.then((serves) => {
      if (serves) log.info({ process: number, pid: member.pid }, 'a process of the control plane serves')
    })
    return member
  }

  function replace(place: Place, how: string, port: number): void {
    hearing.remember(place)
    delete place.member
    if (state !== 'serving') return
    if (performance.now() - place.startedAt > LASTED_MILLISECONDS) place.wait = REPLACE_MILLISECONDS.first
    const { number: process, wait } = place
    log.error(
      { process, how, waitMilliseconds: wait },
      'a process of the control plane ended; another follows',
    )
    place.timer = setTimeout(() => fill(place, port), wait)
    place.wait = Math.min(wait * 2, REPLACE_MILLISECONDS.max)
  }

  async function start(port: number): Promise<void> {
    const served = await Promise.all(places.map((place) => fill(place, port).serves))
    const failed = served.indexOf(false)
    if (failed !== -1) {
      throw new CliError('process_failed', {
        detail: String(places[failed]?.number),
        hints: ['it has said why above; "processes: 1" starts none but the first'],
      })
    }
    if (state === 'starting') state = 'serving'
  }

  async function stop(): Promise<void> {
    state = 'stopping'
    for (const { timer } of places) clearTimeout(timer)
    const patience = settings['drain-time'] * 1000 + END_MILLISECONDS
    await Promise.all(places.map(({ member }) => member?.stop(patience)))
  }

  return {
    options: { companions: hearing.companions, databaseConnections: parts.databaseConnections },
    start,
    reload: () => {
      for (const { member } of places) member?.send({ kind: 'reload' })
    },
    stop,
  }
}

/** What the processes tell each other, all by way of the first. */
function createHearing(places: readonly Place[]) {
  let hear: (takings: readonly Taking[]) => void = () => {}
  /** What those had counted that have ended. */
  let ended: object[][] = []

  function tellAll(takings: readonly Taking[], butNot?: Place): void {
    for (const place of places) if (place !== butNot) place.member?.send({ kind: 'taken', takings })
  }

  const companions: Companions = {
    isFirst: true,
    counters: async () => {
      const living = await Promise.all(places.flatMap(({ member }) => member?.counters() ?? []))
      const endedSince = ended
      ended = []
      return { living, endedSince }
    },
    tell: (takings) => tellAll(takings),
    listen: (listener) => {
      hear = listener
    },
  }
  return {
    companions,
    passOn: (takings: readonly Taking[], from: Place) => {
      hear(takings)
      tellAll(takings, from)
    },
    remember: ({ member }: Place) => {
      if (member && member.lastCounters.length > 0) ended.push(member.lastCounters)
    },
  }
}
