/**
 * The tables. Times are whole milliseconds since 1970; GUIDs are lower-case text; public keys and certificates
 * PEM; `tags` and `properties` JSON objects. A `resource_key` is the ARM id in lower case, since ARM ids are
 * compared without regard to case; a `version` grows by one with each change and makes the ETag.
 *
 * @module
 */

/** Every table by its name. */
export interface Schema {
  tenant: TenantTable
  subscription: SubscriptionTable
  resource_group: ResourceGroupTable
  principal: PrincipalTable
  machine: MachineTable
  machine_key: MachineKeyTable
  machine_acceptance: MachineAcceptanceTable
  presence: PresenceTable
  machine_health: MachineHealthTable
  user_identity: UserIdentityTable
  machine_user_identity: MachineUserIdentityTable
  federated_credential: FederatedCredentialTable
  client_secret: ClientSecretTable
  client_certificate: ClientCertificateTable
  role_assignment: RoleAssignmentTable
  app_role_assignment: AppRoleAssignmentTable
  join_token: JoinTokenTable
  join_token_use: JoinTokenUseTable
  signing_key: SigningKeyTable
  certificate_authority: CertificateAuthorityTable
  ticket_key: TicketKeyTable
  assertion: AssertionTable
  audit: AuditTable
  audit_volume: AuditVolumeTable
  relocation: RelocationTable
  replica: ReplicaTable
  foreign_principal: ForeignPrincipalTable
  foreign_membership: ForeignMembershipTable
  portal_session: PortalSessionTable
  portal_code: PortalCodeTable
}

interface TenantTable {
  id: string
  created_at: number
}

interface SubscriptionTable {
  id: string
  tenant_id: string
  display_name: string
  created_at: number
}

interface ResourceGroupTable {
  resource_key: string
  resource_id: string
  subscription_id: string
  name: string
  location: string
  tags: string
  version: number
  created_at: number
  changed_at: number
}

/** What has an object id and may get tokens. */
export type PrincipalKind = 'machine' | 'user-assigned' | 'application'

/** What a principal may do. A deleted one keeps its row, so that its ids never come back. */
export type PrincipalState = 'enabled' | 'disabled' | 'deleted'

interface PrincipalTable {
  /** The object id; Azure calls it "principalId" as well. */
  id: string
  client_id: string
  tenant_id: string
  kind: PrincipalKind
  display_name: string
  /** The ARM id of the machine or user-assigned identity; null for an application, a user and a group. */
  resource_id: string | null
  state: PrincipalState
  created_at: number
  changed_at: number
}

/** What lies in a resource group. The row is gone with the resource. */
interface ResourceTable {
  resource_key: string
  resource_id: string
  principal_id: string
  /** The `resource_key` of its group. */
  group_key: string
  subscription_id: string
  resource_group: string
  name: string
  location: string
  tags: string
  version: number
  created_at: number
  changed_at: number
}

interface MachineTable extends ResourceTable {
  /** What the machine or its administrator said of it: the writable part of ARM's `properties`. */
  properties: string
  vm_id: string
}

/**
 * `current` proves the machine; `pending` was certified and takes the place of `current` at its first proven
 * use; `retired` proves nothing any more. Rows stay, so that a key is never registered twice.
 */
export type MachineKeyState = 'current' | 'pending' | 'retired'

interface MachineKeyTable {
  /** RFC 7638 thumbprint of the public key: the key itself, however it is encoded or certified. */
  thumbprint: string
  principal_id: string
  public_key: string
  certificate: string
  /** `x5t#S256` of the certificate. */
  certificate_sha256: string
  /** `x5t` of the certificate, which older clients send. */
  certificate_sha1: string
  not_after: number
  state: MachineKeyState
  created_at: number
  /** From when no administrator's word brings the machine back by this key: another one has taken its place so. */
  no_return_at: number | null
}

/** An administrator's word that the machine comes back once by a key that was its own, at the latest by then. */
interface MachineAcceptanceTable {
  principal_id: string
  accepted_until: number
  /** The object id of who gave it. */
  created_by: string
  created_at: number
}

/** The status that Resource Manager shows of a machine. */
export type MachineStatus = 'AwaitingConnection' | 'Connected' | 'Disconnected' | 'Expired'

interface PresenceTable {
  principal_id: string
  status: MachineStatus
  status_changed_at: number
  last_heartbeat_at: number | null
  /** What the next heartbeat must bring, or `previous_nonce` if the last answer was lost. */
  nonce: string
  previous_nonce: string | null
  /** The host that the last heartbeat came from, as it calls itself. */
  host_name: string | null
}

/** How the parts of a machine's agent stand. There is no row of a machine whose agents have told nothing. */
interface MachineHealthTable {
  principal_id: string
  /** A JSON list of parts; empty where an agent that tells nothing took the place of one that did. */
  parts: string
  /** How many of them fail. */
  failing: number
  /** When the machine has told this. */
  reported_at: number
}

type UserIdentityTable = ResourceTable

interface MachineUserIdentityTable {
  machine_principal_id: string
  identity_principal_id: string
}

interface FederatedCredentialTable {
  principal_id: string
  /** `name` in lower case. */
  name_key: string
  name: string
  issuer: string
  /** Exactly so; or after "*1 " an expression of version 1 about the claims, since no exact subject has a "*". */
  subject: string
  audience: string
  version: number
  created_at: number
}

interface ClientSecretTable {
  id: string
  principal_id: string
  display_name: string
  /** Its first three characters, by which a person tells secrets apart. */
  hint: string
  /** SHA-256 of the secret, base64url: it is random and long enough for that. */
  hash: string
  expires_at: number
  created_at: number
}

interface ClientCertificateTable {
  id: string
  principal_id: string
  /** `certificate` is the client's own; `authority` is a CA whose certificates for `subject_name` are taken (`x5c`). */
  kind: 'certificate' | 'authority'
  certificate: string
  sha256: string
  sha1: string
  subject_name: string | null
  not_after: number
  created_at: number
}

interface RoleAssignmentTable {
  /** The GUID that the caller chose. */
  name: string
  scope: string
  /** `scope` in lower case without a slash at the end; "/" for everything. */
  scope_key: string
  /** The GUID of the role definition. */
  role_id: string
  principal_id: string
  /** What its maker says of it. */
  description: string | null
  /** The object id of who made it. */
  created_by: string
  created_at: number
}

/** A `role` that tokens of the principal for `resource` carry in their claim `roles`. */
interface AppRoleAssignmentTable {
  principal_id: string
  resource: string
  role: string
  created_at: number
}

interface JoinTokenTable {
  id: string
  /** SHA-256 of the secret, base64url. */
  hash: string
  subscription_id: string
  resource_group: string
  location: string
  tags: string
  max_uses: number
  uses: number
  expires_at: number
  created_by: string
  created_at: number
  /** The object id of the machine that the token gives a new key; null if it lets in new machines. */
  replaces: string | null
}

/** Which machine a join token was spent for: the same key gets the same answer again. */
interface JoinTokenUseTable {
  join_token_id: string
  key_thumbprint: string
  principal_id: string
  created_at: number
}

interface SigningKeyTable {
  kid: string
  /** Sealed under the encryption key. */
  private_key: string
  certificate: string
  /** It is published from its making on, and the newest key whose time has come signs. */
  signs_from: number
  /** When verifiers need it no longer; null while no newer key signs. */
  published_until: number | null
  created_at: number
}

interface CertificateAuthorityTable {
  id: string
  certificate: string
  /** Sealed under the encryption key. */
  private_key: string
  created_at: number
  /** Since when it signs; null for the first, which does from its making, and for one that waits for the word. */
  serves_from: number | null
  /** Since when nobody is told to trust it any more. */
  retired_at: number | null
}

/** A key of TLS session tickets, which every replica uses from the same moment on. */
interface TicketKeyTable {
  id: string
  /** Sealed under the encryption key. */
  private_key: string
  begins_at: number
}

/** A spent assertion; the row is kept for as long as the assertion could be presented again. */
interface AssertionTable {
  /** SHA-256 over the client id and the `jti`. */
  digest: string
  expires_at: number
}

interface AuditTable {
  id: string
  time: number
  action: string
  outcome: 'done' | 'refused'
  /** The code of a refusal: Entra's number at the authority, ARM's word at the Resource Manager. */
  code: string | null
  /** Who asked: a client id, as it was asked if it was a GUID. */
  client_id: string | null
  principal_id: string | null
  /** What was changed, or whose identity it was. */
  resource_id: string | null
  audience: string | null
  correlation_id: string
  /** How many refusals of the same caller and code were left out since the last row of them. */
  suppressed: number
  /** How many equal tokens, equal refusals or deleted rows it stands for; else 1. */
  count: number
  /** When the last of them was; null in rows of versions that counted none. */
  last_time: number | null
  /** What they have in common; null where there is one only. Of tokens, the first part of the `uti` of each. */
  gathered: string | null
  /** The host that asked as a machine, by its own name, and its address; null where neither matters. */
  origin: string | null
  /** What the other columns do not say of a change, such as the role that was given or taken away. */
  detail: string | null
}

/** How large the rows of a minute of the audit trail are together. */
interface AuditVolumeTable {
  /** Since 1970. */
  minute: number
  bytes: number
  /** The part of it that is tokens, and what else principals do for themselves. */
  token_bytes: number
}

/**
 * `arriving`: the rows of another database were written here, but that one may still be in use; `moved`: the
 * rows are in another database now.
 */
export type RelocationState = 'arriving' | 'moved'

/** Empty, or one row that keeps every control plane away. */
interface RelocationTable {
  tenant_id: string
  state: RelocationState
  since: number
}

/** A control plane that runs on a database which others may use too. */
interface ReplicaTable {
  id: string
  host_name: string
  /** Of the encryption keys that it has, with a blank between two. */
  key_ids: string
  /** When it last said that it is there. */
  seen_at: number
}

/** What people of another issuer are here. */
export type ForeignKind = 'user' | 'group'

/**
 * A user or a group of another issuer, to whom roles may be given here. Its row in `principal` has the kind "user-assigned" and no
 * resource: versions that know no users find nothing there that a credential could be given. The row is gone with the principal.
 */
interface ForeignPrincipalTable {
  principal_id: string
  kind: ForeignKind
  /** `iss` of the ID tokens. */
  issuer: string
  /** Of a user `sub`, of a group one of the values in the claim of the groups. */
  value: string
}

/** A group that the last ID token of a user has named. */
interface ForeignMembershipTable {
  member_id: string
  group_id: string
}

/** Somebody who is signed in to the portal. */
interface PortalSessionTable {
  /** SHA-256 of the session's id, base64url: the id itself is in the cookie alone. */
  id_hash: string
  principal_id: string
  created_at: number
  /** Each use moves it on, up to `latest_end_at`. */
  ends_at: number
  /** Null in a session that a former version began: it depends on `created_at` alone. */
  latest_end_at: number | null
}

/** A code by which a principal that has a token opens a session, once. */
interface PortalCodeTable {
  /** SHA-256 of the code, base64url. */
  code_hash: string
  principal_id: string
  expires_at: number
  /** When the token ends that asked for it, and the session that it opens. Null in one that a former version made. */
  session_ends_at: number | null
}
