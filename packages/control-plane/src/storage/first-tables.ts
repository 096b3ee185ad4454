/**
 * The first tables, in the SQL that SQLite and PostgreSQL have in common.
 *
 * @see ./schema.ts for what each column means
 * @module
 */

/** One statement each; tables stand before those that refer to them. */
export const FIRST_TABLES: readonly string[] = [
  `create table tenant (
    id text primary key,
    created_at bigint not null
  )`,
  `create table subscription (
    id text primary key,
    tenant_id text not null references tenant (id),
    display_name text not null,
    created_at bigint not null
  )`,
  `create table resource_group (
    resource_key text primary key,
    resource_id text not null,
    subscription_id text not null references subscription (id),
    name text not null,
    location text not null,
    tags text not null,
    version bigint not null,
    created_at bigint not null,
    changed_at bigint not null
  )`,
  `create index resource_group_subscription on resource_group (subscription_id)`,
  `create table principal (
    id text primary key,
    client_id text not null unique,
    tenant_id text not null references tenant (id),
    kind text not null check (kind in ('machine', 'user-assigned', 'application')),
    display_name text not null,
    resource_id text,
    state text not null check (state in ('enabled', 'disabled', 'deleted')),
    created_at bigint not null,
    changed_at bigint not null
  )`,
  `create index principal_kind on principal (kind, id)`,
  `create table machine (
    resource_key text primary key,
    resource_id text not null,
    principal_id text not null unique references principal (id),
    group_key text not null references resource_group (resource_key),
    subscription_id text not null references subscription (id),
    resource_group text not null,
    name text not null,
    location text not null,
    tags text not null,
    properties text not null,
    vm_id text not null,
    version bigint not null,
    created_at bigint not null,
    changed_at bigint not null
  )`,
  `create index machine_group on machine (group_key, resource_key)`,
  `create index machine_subscription on machine (subscription_id, resource_key)`,
  `create table machine_key (
    thumbprint text primary key,
    principal_id text not null references principal (id),
    public_key text not null,
    certificate text not null,
    certificate_sha256 text not null unique,
    certificate_sha1 text not null unique,
    not_after bigint not null,
    state text not null check (state in ('current', 'pending', 'retired')),
    created_at bigint not null
  )`,
  `create index machine_key_principal on machine_key (principal_id)`,
  `create index machine_key_end on machine_key (not_after, thumbprint) where state = 'current'`,
  // Apart from the machine, since it changes every five minutes and nothing else of a machine does.
  `create table presence (
    principal_id text primary key references principal (id),
    status text not null,
    status_changed_at bigint not null,
    last_heartbeat_at bigint,
    nonce text not null,
    previous_nonce text,
    host_name text
  )`,
  `create index presence_due on presence (last_heartbeat_at) where status = 'Connected'`,
  `create table user_identity (
    resource_key text primary key,
    resource_id text not null,
    principal_id text not null unique references principal (id),
    group_key text not null references resource_group (resource_key),
    subscription_id text not null references subscription (id),
    resource_group text not null,
    name text not null,
    location text not null,
    tags text not null,
    version bigint not null,
    created_at bigint not null,
    changed_at bigint not null
  )`,
  `create index user_identity_group on user_identity (group_key, resource_key)`,
  `create index user_identity_subscription on user_identity (subscription_id, resource_key)`,
  `create table machine_user_identity (
    machine_principal_id text not null references principal (id),
    identity_principal_id text not null references principal (id),
    primary key (machine_principal_id, identity_principal_id)
  )`,
  `create index machine_user_identity_identity on machine_user_identity (identity_principal_id)`,
  `create table federated_credential (
    principal_id text not null references principal (id),
    name_key text not null,
    name text not null,
    issuer text not null,
    subject text not null,
    audience text not null,
    version bigint not null,
    created_at bigint not null,
    primary key (principal_id, name_key),
    unique (principal_id, issuer, subject)
  )`,
  `create table client_secret (
    id text primary key,
    principal_id text not null references principal (id),
    display_name text not null,
    hint text not null,
    hash text not null,
    expires_at bigint not null,
    created_at bigint not null
  )`,
  `create index client_secret_principal on client_secret (principal_id)`,
  `create table client_certificate (
    id text primary key,
    principal_id text not null references principal (id),
    kind text not null check (kind in ('certificate', 'authority')),
    certificate text not null,
    sha256 text not null,
    sha1 text not null,
    subject_name text,
    not_after bigint not null,
    created_at bigint not null
  )`,
  `create index client_certificate_principal on client_certificate (principal_id)`,
  `create table role_assignment (
    name text primary key,
    scope text not null,
    scope_key text not null,
    role_id text not null,
    principal_id text not null references principal (id),
    description text,
    created_by text not null,
    created_at bigint not null,
    unique (scope_key, role_id, principal_id)
  )`,
  `create index role_assignment_principal on role_assignment (principal_id)`,
  `create table app_role_assignment (
    principal_id text not null references principal (id),
    resource text not null,
    role text not null,
    created_at bigint not null,
    primary key (principal_id, resource, role)
  )`,
  `create table join_token (
    id text primary key,
    hash text not null unique,
    subscription_id text not null references subscription (id),
    resource_group text not null,
    location text not null,
    tags text not null,
    max_uses bigint not null,
    uses bigint not null,
    expires_at bigint not null,
    created_by text not null,
    created_at bigint not null
  )`,
  `create table join_token_use (
    join_token_id text not null references join_token (id),
    key_thumbprint text not null,
    principal_id text not null references principal (id),
    created_at bigint not null,
    primary key (join_token_id, key_thumbprint)
  )`,
  `create table signing_key (
    kid text primary key,
    private_key text not null,
    certificate text not null,
    signs_from bigint not null,
    published_until bigint,
    created_at bigint not null
  )`,
  `create table certificate_authority (
    id text primary key,
    certificate text not null,
    private_key text not null,
    created_at bigint not null
  )`,
  `create table assertion (
    digest text primary key,
    expires_at bigint not null
  )`,
  `create index assertion_expiry on assertion (expires_at)`,
  `create table audit (
    id text primary key,
    time bigint not null,
    action text not null,
    outcome text not null check (outcome in ('done', 'refused')),
    code text,
    client_id text,
    principal_id text,
    resource_id text,
    audience text,
    correlation_id text not null,
    suppressed bigint not null
  )`,
  `create index audit_time on audit (time)`,
]
