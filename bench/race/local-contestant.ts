/**
 * Who races for local answers: a server that has them in memory.
 *
 * @module
 */

import type { LocalTarget } from './local-target.ts'
import type { RaceProgramName } from './programs.ts'

/** What every contestant gets. */
export interface LocalPlace {
  /** Where it keeps what it writes; nothing is in it yet. */
  folder: string
  /** What it started, to be ended when the race is over. */
  resources: AsyncDisposableStack
}

/** One that runs. */
export interface RunningLocalContestant {
  pid: number
  target: LocalTarget
  /** @throws {Error} with its last words, if it has ended. */
  refuseEnded?: () => void
}

/** One that can be started. */
export interface LocalContestant {
  name: string
  /** Of others, which it takes. */
  programs: readonly RaceProgramName[]
  /** What it does for an answer. */
  does: string
  /** MB on the disk. */
  size(): number
  start(place: LocalPlace): Promise<RunningLocalContestant>
}
