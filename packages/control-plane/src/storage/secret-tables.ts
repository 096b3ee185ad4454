/**
 * What later steps added for secrets that all replicas share: one certificate authority that takes the place of another, and
 * the keys that seal TLS session tickets.
 *
 * @see ./schema.ts for what each column means
 * @module
 */

/** One statement each. */
export const AUTHORITY_COLUMNS: readonly string[] = [
  'alter table certificate_authority add column serves_from bigint',
  'alter table certificate_authority add column retired_at bigint',
]

/** One statement each. */
export const TICKET_KEY_TABLE: readonly string[] = [
  `create table ticket_key (
    id text primary key,
    private_key text not null,
    begins_at bigint not null
  )`,
]
