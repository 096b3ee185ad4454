/**
 * Takes measurements in turn, so that other load on the machine slows all of them alike.
 *
 * @module
 */

import { type Spread, spreadOf } from './statistics.ts'

/** One start, one look or one load; the results of a round are compared with each other. */
type Measurement<Result> = () => Promise<Result>

/** Each measurement once a round, in turn; one round before is thrown away. */
export async function interleave<Name extends string, Result>(
  rounds: number,
  measurements: Record<Name, Measurement<Result>>,
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(measurements) as Name[]
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Result[]>
  for (const name of names) await measurements[name]()
  for (let round = 0; round < rounds; round++) {
    for (const name of names) results[name].push(await measurements[name]())
  }
  return results
}

/** What each of `values` is of the one that `base` had in the same round. */
export function ratioOf(values: readonly number[], base: readonly number[]): Spread {
  return spreadOf(values.map((value, round) => value / (base[round] ?? value)))
}
