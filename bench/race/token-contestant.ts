/**
 * Who races for tokens: a server that was made ready, with a database that can be looked at.
 *
 * @module
 */

import type { RaceProgramName } from './programs.ts'
import type { RaceDatabase } from './race-database.ts'
import type { StartedProgram } from './started-program.ts'
import type { TokenClient, TokenTarget } from './token-target.ts'

/** What every contestant gets. */
export interface RacePlace {
  /** Where it keeps what it writes, on the disk; nothing is in it yet. */
  folder: string
  /** What it started, to be ended when the race is over. */
  resources: AsyncDisposableStack
  clientCount: number
  /** Clients with RSA keys of 2048 bits, the same for all contestants that make none themselves. */
  clients: () => Promise<readonly TokenClient[]>
  /** For a server at 127.0.0.1; its CA is itself. Both are PEM. */
  tls: { key: string; certificate: string }
}

/** One that runs. */
export interface RunningTokenContestant {
  target: TokenTarget
  database: RaceDatabase
  /** Another one after each start. */
  program(): StartedProgram
  /** Starts it again on what its database has, once it was killed. */
  restart(): Promise<void>
}

/** One that can be started. */
export interface TokenContestant {
  name: string
  /** Of others, which it takes. */
  programs: readonly RaceProgramName[]
  /** MB on the disk, without its database. */
  size(): number
  start(place: RacePlace): Promise<RunningTokenContestant>
}

/** A contestant that runs, with what starts its program again. */
export function runContestant(
  parts: Pick<RunningTokenContestant, 'target' | 'database'>,
  start: () => Promise<StartedProgram>,
  current: StartedProgram,
): RunningTokenContestant {
  let program = current
  return {
    ...parts,
    program: () => program,
    restart: async () => {
      program = await start()
    },
  }
}
