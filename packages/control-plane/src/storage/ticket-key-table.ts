/**
 * The table of the keys that seal TLS session tickets.
 *
 * @see ./schema.ts for what each column means
 * @module
 */

/** One statement each. */
export const TICKET_KEY_TABLE: readonly string[] = [
  `create table ticket_key (
    id text primary key,
    private_key text not null,
    begins_at bigint not null
  )`,
]
