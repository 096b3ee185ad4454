/**
 * What a contestant keeps of its promises, tried on it: what it refuses, and what its database has when the answer comes and
 * after both were killed.
 *
 * @module
 */

import type { Rows } from './race-database.ts'
import type { RunningTokenContestant } from './token-contestant.ts'
import { connectTo, hasToken, prepareRequest } from './token-target.ts'

/** What was found, in words for a table. */
export interface Proofs {
  'another key': string
  'same assertion again': string
  'again after kill -9': string
  /** Rows a token by their table, counted when each answer had come. */
  'rows a token when it is answered': string
  'of them after kill -9': string
  /** Of the start after that. */
  readyMs: number
}

/** So many tokens, one after the other. */
const TOKENS = 20

/** Tries it. The contestant is killed with its database, and runs again afterwards. */
export async function proveContestant(contestant: RunningTokenContestant): Promise<Proofs> {
  const { target, database } = contestant
  const [client, stranger] = target.clients
  if (!client || !stranger) throw new TypeError('a proof takes two clients')
  const takes = target.kind === 'form'
  const forged = takes ? await ask(contestant, prepareRequest(target, client, stranger)) : undefined
  const before = await database.rows()
  const seen: Rows[] = []
  let request = prepareRequest(target, client)
  for (let count = 0; count < TOKENS; count += 1) {
    request = prepareRequest(target, client)
    if (!(await ask(contestant, request))) throw new Error('a proof got no token')
    seen.push(await database.rows())
  }
  const again = takes ? await ask(contestant, request) : undefined
  // The last one has no look between its answer and the end.
  const last = prepareRequest(target, client)
  await ask(contestant, last)
  await Promise.all([contestant.program().kill(), database.crash()])
  await contestant.restart()
  const after = await database.rows()
  return {
    'another key': judged(forged),
    'same assertion again': judged(again),
    'again after kill -9': judged(takes ? await ask(contestant, last) : undefined),
    'rows a token when it is answered': rowsATokenWhenAnswered(before, seen),
    'of them after kill -9': keptRows(before, seen, after),
    readyMs: contestant.program().readyMs,
  }
}

async function ask({ target }: RunningTokenContestant, request: Buffer): Promise<boolean> {
  const caller = await connectTo(target)
  try {
    return hasToken(await caller.ask(request))
  } finally {
    caller.disconnect()
  }
}

function judged(got: boolean | undefined): string {
  if (got === undefined) return 'takes none'
  return got ? 'TAKEN' : 'refused'
}

/** The tables that had a row more at every look than at the one before. */
export function grownTables(before: Rows, seen: readonly Rows[]): string[] {
  return Object.keys(seen.at(-1) ?? {}).filter((table) =>
    seen.every((rows, look) => (rows[table] ?? 0) - (before[table] ?? 0) >= look + 1),
  )
}

/** As `table 1.0`. */
export function rowsATokenWhenAnswered(before: Rows, seen: readonly Rows[]): string {
  const last = seen.at(-1) ?? {}
  const perToken = (table: string) => ((last[table] ?? 0) - (before[table] ?? 0)) / seen.length
  const grown = grownTables(before, seen)
  return grown.map((table) => `${table} ${perToken(table).toFixed(1)}`).join(', ') || 'none'
}

/** Those of the last token, which was answered without a look after it, count as well. */
export function keptRows(before: Rows, seen: readonly Rows[], after: Rows): string {
  const grown = grownTables(before, seen)
  if (grown.length === 0) return '–'
  const lost = grown.filter((table) => (after[table] ?? 0) - (before[table] ?? 0) < seen.length + 1)
  return lost.length === 0 ? 'all' : `lost of ${lost.join(', ')}`
}
