/**
 * Finds the name that somebody who mistyped one probably meant.
 *
 * @see https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance
 * @module
 */

/** Letters that may be wrong in a name; a short one has fewer. */
const ERRORS_MAX = 2
const SHORT_CHARACTERS = 4

/** The one of `names` that is nearest to `name`; undefined if none is near. */
export function similarName(name: string, names: readonly string[]): string | undefined {
  const most = name.length <= SHORT_CHARACTERS ? ERRORS_MAX - 1 : ERRORS_MAX
  const near = names.map((known) => ({ known, errors: distance(name.toLowerCase(), known.toLowerCase()) }))
  const [nearest] = near
    .filter(({ errors }) => errors <= most)
    .sort((one, other) => one.errors - other.errors)
  return nearest?.known
}

/** The hint of an error about the unknown `name`. */
export function meantHint(name: string, names: readonly string[]): string {
  const similar = similarName(name, names)
  return similar === undefined ? `there are ${names.join(', ')}` : `did you mean "${similar}"?`
}

/** How many letters have to be put in, taken out, replaced or exchanged with their neighbour. */
function distance(from: string, to: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: to.length + 1 }, (_, index) => index)]
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1]
      const isExchanged = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      next[column] = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
        isExchanged ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    ;[before, last] = [last, next]
  }
  return last[to.length] ?? 0
}
