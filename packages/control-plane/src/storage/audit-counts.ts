/**
 * The columns by which a row of the audit trail stands for several tokens, and the table that says how large the trail is.
 *
 * @see ./schema.ts for what each column means
 * @module
 */

/** One statement each. */
export const AUDIT_COUNTS: readonly string[] = [
  'alter table audit add column count bigint not null default 1',
  'alter table audit add column last_time bigint',
  'alter table audit add column gathered text',
  'create unique index audit_gathered on audit (gathered)',
  `create table audit_volume (
    minute bigint primary key,
    bytes bigint not null,
    token_bytes bigint not null
  )`,
]
