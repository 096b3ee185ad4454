/**
 * What migrations add to the audit trail: the columns by which a row stands for several tokens with the table that says how
 * large the trail is, and the indexes by which it is searched.
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

/**
 * By who asked, whose identity or which resource it was about, what was done, and what was refused; and principals by their
 * names. Nearly all rows are tokens, of which one index alone has more. One statement each.
 */
export const AUDIT_INDEXES: readonly string[] = [
  'create index audit_principal on audit (principal_id, time, id)',
  `create index audit_caller on audit (client_id, time, id) where action <> 'issue-token'`,
  'create index audit_stranger on audit (client_id, time, id) where principal_id is null',
  `create index audit_resource on audit (lower(resource_id), time, id) where action <> 'issue-token'`,
  `create index audit_action on audit (action, time, id) where action <> 'issue-token'`,
  `create index audit_refused on audit (time, id) where outcome = 'refused'`,
  'create index principal_name on principal (lower(display_name))',
  'create index principal_resource on principal (lower(resource_id))',
]

/** By which machine got the token of an identity that is assigned to it. */
export const AUDIT_HOLDER_INDEX =
  "create index audit_holder on audit (client_id, time, id) where action = 'issue-token' and lower(resource_id) like '%/userassignedidentities/%'"

/**
 * By the correlation id of what was changed or refused, and by the code of a refusal. One row stands for many tokens, of which it has
 * the correlation id of the first alone: so tokens that were issued are not among them, which are nearly all rows. One statement
 * each.
 */
export const AUDIT_ID_INDEXES: readonly string[] = [
  `create index audit_correlation on audit (correlation_id, time, id) where outcome = 'refused' or action <> 'issue-token'`,
  `create index audit_code on audit (code, time, id) where outcome = 'refused'`,
]

/**
 * By the audience that was asked for, those that were given and those that were refused apart, since few are refused; and the rows
 * that stand for an hour. One statement each.
 */
export const AUDIT_AUDIENCES: readonly string[] = [
  'alter table audit add column detail text',
  'create index audit_audience on audit (lower(audience), outcome, time, id) where audience is not null',
  `create index audit_lasting on audit (time, id) where gathered is not null and (outcome = 'refused' or action <> 'issue-token')`,
]
