/**
 * The tables of the race for tokens.
 *
 * @module
 */

import type { Table } from '../report.ts'
import { type Spread, spreadOf } from '../statistics.ts'
import type { Proofs } from './proofs.ts'
import type { TokenLoadResult } from './token-callers.ts'
import type { RunningTokenContestant, TokenContestant } from './token-contestant.ts'

/** One load; microseconds of processor time a token. */
export interface TokenRound extends TokenLoadResult {
  serverMicroseconds: number
  databaseMicroseconds: number
}

/** A contestant with what was found of it so far. */
export interface TokenEntrant {
  name: string
  contestant: TokenContestant
  running?: RunningTokenContestant
  refuseEnded?: () => void
  lastWords?: () => string
  measured: TokenRound[]
  /** How many the next load asks for. */
  tokens: number
  warmUpSeconds: number
  idlePercent?: number
  memoryBefore?: number
  memoryAfter?: number
  size?: number
  proofs?: Proofs
}

/** Speed, what it takes, and what is kept. */
export function tokenTables(
  field: readonly TokenEntrant[],
  openssl: readonly number[],
  clients: number,
): Table[] {
  return [
    {
      title: 'Race: tokens by signed assertion',
      rows: [
        ...field.map((entrant) => speedRow(entrant, openssl)),
        ...(openssl.length > 0 ? [opensslRow(openssl)] : []),
      ],
      notes: [
        `${clients} clients ask at once, each over a kept TLS connection; assertions and tokens are signed by RSA keys of 2048 bits. µs are processor time a token: of the server with all its processes, on a processor of its own, and of its database, which has the other one together with the callers.`,
      ],
    },
    { title: 'Race: what a token server takes', rows: field.map(resourcesRow), notes: RESOURCES_NOTES },
    { title: 'Race: what a token server refuses and keeps', rows: field.map(proofsRow), notes: PROOF_NOTES },
  ]
}

const UNPROVEN: Proofs = {
  'another key': 'unknown',
  'same assertion again': 'unknown',
  'again after kill -9': 'unknown',
  'rows a token when it is answered': 'unknown',
  'of them after kill -9': 'unknown',
  readyMs: 0,
}

const RESOURCES_NOTES = [
  'Before and after are those of the load. Ready is a start on a database that was used before, to the first answer. Idle is what a server and its database take while all run and nothing is asked.',
]

const PROOF_NOTES = [
  'Each cell was tried on the running server. "another key": an assertion for one client that another one signed. Rows were counted over a second connection when each of 20 answers had come. Then server and database were killed with SIGKILL, right after one more answer, and started again.',
]

function speedRow(
  { name, measured, running }: TokenEntrant,
  openssl: readonly number[],
): Table['rows'][number] {
  const spread = (of: (one: TokenRound) => number): Spread => spreadOf(measured.map(of))
  return {
    contestant: name,
    'server µs': spread((one) => one.serverMicroseconds),
    'of openssl': spreadOf(
      measured.map((one, round) => one.serverMicroseconds / (openssl[round] ?? Number.NaN)),
    ),
    'database µs': running?.database.pid() ? spread((one) => one.databaseMicroseconds) : 'in process',
    'tokens/s': spread((one) => one.tokensPerSecond),
    'p50 ms': spread((one) => one.p50Milliseconds),
    'p99 ms': spread((one) => one.p99Milliseconds),
  }
}

function opensslRow(openssl: readonly number[]): Table['rows'][number] {
  return {
    contestant: 'openssl speed, a signature alone',
    'server µs': spreadOf(openssl),
    'tokens/s': spreadOf(openssl.map((one) => 1e6 / one)),
  }
}

function resourcesRow(entrant: TokenEntrant): Table['rows'][number] {
  const {
    name,
    memoryBefore = 0,
    memoryAfter = 0,
    proofs,
    size = 0,
    warmUpSeconds,
    idlePercent = 0,
  } = entrant
  return {
    contestant: name,
    'MiB before': memoryBefore,
    'MiB after': memoryAfter,
    'ready ms': proofs?.readyMs ?? 'unknown',
    'warm-up s': warmUpSeconds,
    'idle, % of a processor': idlePercent,
    'MB on the disk': size,
  }
}

function proofsRow({ name, proofs }: TokenEntrant): Table['rows'][number] {
  const { readyMs: _, ...cells } = proofs ?? UNPROVEN
  return { contestant: name, ...cells }
}
