/**
 * What later steps added for secrets that all replicas share: one certificate authority that takes the place of another, the
 * keys that seal TLS session tickets, who is signed in to the portal, and who may be.
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

/** One statement each. No table that a move empties is referred to, since these are not copied with it. */
export const PORTAL_TABLES: readonly string[] = [
  `create table portal_session (
    id_hash text primary key,
    principal_id text not null,
    created_at bigint not null,
    ends_at bigint not null
  )`,
  'create index portal_session_principal on portal_session (principal_id)',
  `create table portal_code (
    code_hash text primary key,
    principal_id text not null,
    expires_at bigint not null
  )`,
]

/** One statement each. */
export const PORTAL_ENDS: readonly string[] = [
  'alter table portal_session add column latest_end_at bigint',
  'alter table portal_code add column session_ends_at bigint',
]

/** One statement each. */
export const FOREIGN_TABLES: readonly string[] = [
  `create table foreign_principal (
    principal_id text primary key references principal (id),
    kind text not null check (kind in ('user', 'group')),
    issuer text not null,
    value text not null,
    unique (kind, issuer, value)
  )`,
  `create table foreign_membership (
    member_id text not null references principal (id),
    group_id text not null references principal (id),
    primary key (member_id, group_id)
  )`,
  'create index foreign_membership_group on foreign_membership (group_id)',
]
