/**
 * A red cell of a run of everything is tried once more, when nothing else runs: what a busy machine has kept a client from is
 * no word about the client. The page says of each such cell what it was at first.
 *
 * @module
 */

import type { Cell } from './cell.ts'
import type { Place } from './known-differences.ts'
import type { Lane } from './lane.ts'

/** The lanes of the red ones among `cells`, with nothing else in them. */
export function lanesOfRed(lanes: readonly Lane[], cells: readonly Cell[]): Lane[] {
  const red = new Set(cells.filter(({ colour }) => colour === 'red').map(nameOf))
  return lanes
    .map(({ program, places }) => ({ program, places: places.filter((place) => red.has(nameOf(place))) }))
    .filter(({ places }) => places.length > 0)
}

/** `first`, where a cell that is red gives way to one of `second` that is not. */
export function joinTries(first: readonly Cell[], second: readonly Cell[]): Cell[] {
  const better = new Map(second.filter(({ colour }) => colour !== 'red').map((cell) => [nameOf(cell), cell]))
  return first.map((cell) => {
    const found = cell.colour === 'red' ? better.get(nameOf(cell)) : undefined
    return found ? { ...found, atFirst: cell.reason ?? '' } : cell
  })
}

function nameOf({ client, version, credential, system, style, name }: Place): string {
  return JSON.stringify([client, version, credential, system, style, name])
}
