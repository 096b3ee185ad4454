/**
 * The table that says of a database that it was moved elsewhere, or has not wholly arrived.
 *
 * @see ./schema.ts for what each column means
 * @module
 */

/** One statement each. */
export const RELOCATION_TABLE: readonly string[] = [
  `create table relocation (
    tenant_id text primary key,
    state text not null check (state in ('arriving', 'moved')),
    since bigint not null
  )`,
]
