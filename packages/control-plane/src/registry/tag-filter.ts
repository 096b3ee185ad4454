/**
 * Finds what has a tag. Tags are JSON in the database, of which the two databases know different functions; so rows are
 * read and looked through here, in parts.
 *
 * @module
 */

import { tagKey } from '../arm/tags.ts'

/** Which tag is wanted. Names of tags are the same in any case, values are not. */
export type TagFilter = { name: string; value?: string } | { prefix: string }

/** How many rows are read at once where most of them may not be wanted. */
const ROWS_AT_ONCE = 1_000

/** Whether `tags`, in JSON, have it. */
export function hasTag(tags: string, filter: TagFilter): boolean {
  return hasTags(tags, [filter])
}

/** Whether `tags`, in JSON, have all of them. They are read once: a caller says how many filters there are. */
export function hasTags(tags: string, filters: readonly TagFilter[]): boolean {
  const all = Object.entries(JSON.parse(tags)).map(([name, value]) => [tagKey(name), value] as const)
  return filters.every((filter) => {
    const wanted = tagKey('prefix' in filter ? filter.prefix : filter.name)
    return all.some(([name, value]) => {
      if ('prefix' in filter) return name.startsWith(wanted)
      return name === wanted && (filter.value === undefined || value === filter.value)
    })
  })
}

/** The first `limit` rows after `after` of which `wanted` is true, out of `read`, which lists them in the order of `keyOf`. */
export async function readWanted<Row>(
  { after, limit }: { after: string; limit: number },
  read: (range: { after: string; limit: number }) => Promise<Row[]>,
  { wanted, keyOf }: { wanted: ((row: Row) => boolean) | undefined; keyOf: (row: Row) => string },
): Promise<Row[]> {
  if (!wanted) return read({ after, limit })
  const found: Row[] = []
  for (let from = after; ; ) {
    const rows = await read({ after: from, limit: ROWS_AT_ONCE })
    found.push(...rows.filter(wanted))
    const last = rows.at(-1)
    if (!last || rows.length < ROWS_AT_ONCE || found.length >= limit) return found.slice(0, limit)
    from = keyOf(last)
  }
}
