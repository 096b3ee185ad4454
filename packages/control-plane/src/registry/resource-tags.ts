/**
 * Tags of whatever has some: resource groups and resources of every type.
 *
 * @module
 */

import type { Kysely, Transaction } from 'kysely'
import { tagKey } from '../arm/tags.ts'
import type { Schema } from '../storage/schema.ts'

/** The tables of what has tags. */
const TAGGED_TABLES = ['resource_group', 'machine', 'user_identity'] as const

/** The table of something that has tags. */
type TaggedTable = (typeof TAGGED_TABLES)[number]

/** Something that has tags. */
export interface Tagged {
  table: TaggedTable
  resourceId: string
  /** Undefined for a resource group. */
  principalId: string | undefined
  tags: Readonly<Record<string, string>>
  version: number
}

/** What has the `resource_key` `key`, or undefined. */
export async function findTagged(db: Kysely<Schema>, key: string): Promise<Tagged | undefined> {
  for (const table of TAGGED_TABLES) {
    const row = await db.selectFrom(table).selectAll().where('resource_key', '=', key).executeTakeFirst()
    if (!row) continue
    const { resource_id: resourceId, version } = row
    const principalId = 'principal_id' in row ? row.principal_id : undefined
    return { table, resourceId, principalId, tags: JSON.parse(row.tags), version }
  }
  return undefined
}

/** Gives `tagged` other tags. */
export async function changeTags(
  trx: Transaction<Schema>,
  tagged: Tagged,
  { tags, time }: { tags: Tagged['tags']; time: Date },
): Promise<void> {
  await trx
    .updateTable(tagged.table)
    .set({ tags: JSON.stringify(tags), version: tagged.version + 1, changed_at: time.getTime() })
    .where('resource_key', '=', tagged.resourceId.toLowerCase())
    .execute()
}

/** How often each value of each tag is there in a subscription, by name and value as they were first written. */
export async function countTags(
  db: Kysely<Schema>,
  subscriptionId: string,
): Promise<Map<string, Map<string, number>>> {
  const counts = new Map<string, Map<string, number>>()
  const names = new Map<string, string>()
  for (const table of TAGGED_TABLES) {
    const rows = await db
      .selectFrom(table)
      .select('tags')
      .where('subscription_id', '=', subscriptionId)
      .where('tags', '!=', '{}')
      .execute()
    for (const { tags } of rows) addCounts({ counts, names }, JSON.parse(tags))
  }
  return counts
}

/** `names` are those in `counts`, by what makes them the same: there may be as many as machines can have tags. */
function addCounts(
  { counts, names }: { counts: Map<string, Map<string, number>>; names: Map<string, string> },
  tags: Tagged['tags'],
): void {
  for (const [name, value] of Object.entries(tags)) {
    const key = tagKey(name)
    const known = names.get(key) ?? name
    names.set(key, known)
    const values = counts.get(known) ?? new Map<string, number>()
    counts.set(known, values.set(value, (values.get(value) ?? 0) + 1))
  }
}
