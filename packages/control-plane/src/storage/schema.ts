/**
 * The tables. Times are whole milliseconds since 1970; GUIDs are lower-case text; keys and certificates PEM.
 *
 * @module
 */

/** Every table by its name. */
export interface Schema {
  tenant: TenantTable
  subscription: SubscriptionTable
  machine: MachineTable
  identity: IdentityTable
  machine_key: MachineKeyTable
  signing_key: SigningKeyTable
  assertion: AssertionTable
  audit: AuditTable
}

interface TenantTable {
  id: string
  created_at: number
}

interface SubscriptionTable {
  id: string
  tenant_id: string
  created_at: number
}

/** What a machine may do. A deleted one keeps its row, so that its key and ids never come back. */
export type MachineState = 'enabled' | 'disabled' | 'deleted'

interface MachineTable {
  id: string
  subscription_id: string
  resource_group: string
  name: string
  location: string
  resource_id: string
  /** `resource_id` in lower case, since ARM ids are compared without regard to case. */
  resource_key: string
  state: MachineState
  created_at: number
  changed_at: number
}

interface IdentityTable {
  principal_id: string
  client_id: string
  tenant_id: string
  /** The machine whose system-assigned identity this is. */
  machine_id: string
  created_at: number
}

interface MachineKeyTable {
  /** RFC 7638 thumbprint of the public key: the key itself, however it is encoded or certified. */
  key_thumbprint: string
  machine_id: string
  public_key: string
  certificate: string
  /** `x5t#S256` of the certificate. */
  certificate_sha256: string
  /** `x5t` of the certificate, which older clients send. */
  certificate_sha1: string
  not_after: number
  created_at: number
}

interface SigningKeyTable {
  kid: string
  private_key: string
  certificate: string
  created_at: number
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
  /** The error number of a refusal. */
  code: number | null
  /** The client id as it was asked, if it was a GUID. */
  client_id: string | null
  principal_id: string | null
  resource_id: string | null
  audience: string | null
  correlation_id: string
  /** How many refusals with the same code were left out since the last row of it. */
  suppressed: number
}
