/**
 * The step by which a machine that lost its state can have its identity back, in the SQL that SQLite and PostgreSQL have
 * in common.
 *
 * @see ./schema.ts for what each column means
 * @module
 */

/** One statement each. */
export const TAKE_BACK_TABLES: readonly string[] = [
  `create table machine_acceptance (
    principal_id text primary key references principal (id),
    accepted_until bigint not null,
    created_by text not null,
    created_at bigint not null
  )`,
  `alter table machine_key add column no_return_at bigint`,
  `alter table join_token add column replaces text references principal (id)`,
  `create index join_token_replaces on join_token (replaces) where replaces is not null`,
  `alter table audit add column origin text`,
]
