/**
 * The table of the replicas that use the database.
 *
 * @see ./schema.ts for what each column means
 * @module
 */

import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** One statement each. */
export const REPLICA_TABLE: readonly string[] = [
  `create table replica (
    id text primary key,
    host_name text not null,
    key_ids text not null,
    seen_at bigint not null
  )`,
]

/** A replica that was silent for so long is taken for gone: it missed several times to say that it is there. */
const REPLICA_GONE_SECONDS = 90

/** The last moment at which a replica may have been seen that is gone at `now`. */
export function goneSince(now: Date): number {
  return now.getTime() - REPLICA_GONE_SECONDS * 1000
}

/** The replicas that are there. */
export function replicasSeen(db: Kysely<Schema>, now: Date) {
  return db
    .selectFrom('replica')
    .select(['host_name', 'key_ids', 'seen_at'])
    .where('seen_at', '>=', goneSince(now))
    .orderBy('host_name')
    .execute()
}
