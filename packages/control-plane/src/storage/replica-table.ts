/**
 * The table of the replicas that use the database.
 *
 * @see ./schema.ts for what each column means
 * @module
 */

/** One statement each. */
export const REPLICA_TABLE: readonly string[] = [
  `create table replica (
    id text primary key,
    host_name text not null,
    key_ids text not null,
    seen_at bigint not null
  )`,
]
