/**
 * The registry as the authority sees it: the client behind a client id, and its credentials.
 *
 * @module
 */

import { type KeyObject, X509Certificate } from 'node:crypto'
import type { Identity } from '@landfast/protocol'
import type { Kysely } from 'kysely'
import { createGroupCommit } from '../storage/group-commit.ts'
import type { PrincipalKind, PrincipalState, Schema } from '../storage/schema.ts'
import { prepareStatement } from '../storage/statement.ts'
import type { Storage } from '../storage/storage.ts'
import { type AppRoleQuestion, rolesForEach } from './app-roles.ts'
import type { CredentialReference, IdentityOfMachine } from './credential-standing.ts'
import { type FederatedCredential, listFederatedCredentials } from './federated-credentials.ts'
import { publicKeyOf } from './public-key.ts'

/** A key that a client may prove itself with. */
export interface ClientKey {
  /** What must still be there when a token is given for this key. */
  credential: CredentialReference
  /** `x5t#S256` and `x5t` of its certificate. */
  sha256: string
  sha1: string
  publicKey: KeyObject
  /** The end of its certificate. */
  notAfter: Date
}

/** A certificate authority that vouches for certificates with one subject. */
export interface ClientAuthority {
  credential: CredentialReference
  certificate: X509Certificate
  subjectName: string
}

/** Whose client id it is. */
export interface ClientPrincipal {
  /** Its resource id is empty for an application, which is no resource. */
  identity: Identity
  kind: PrincipalKind
  state: PrincipalState
}

/** Who may ask for tokens by signed assertions. */
export interface Client extends ClientPrincipal {
  keys: readonly ClientKey[]
  authorities: readonly ClientAuthority[]
}

/** A client with its secrets. */
export interface SecretClient extends ClientPrincipal {
  secrets: readonly { credential: CredentialReference; hash: string; expiresAt: Date }[]
}

/** A client with its federated credentials. */
export interface FederatedClient extends ClientPrincipal {
  credentials: readonly FederatedCredential[]
}

/** What the authority asks the registry. It reads no cache. */
export interface ClientDirectory {
  /** The client with this id in any state, or undefined if there never was one. */
  findClient(clientId: string): Promise<Client | undefined>
  findSecretClient(clientId: string): Promise<SecretClient | undefined>
  findFederatedClient(clientId: string): Promise<FederatedClient | undefined>
  /** What tokens of the principal with this object id for `audience` carry in their claim `roles`. */
  rolesFor(principalId: string, audience: string): Promise<readonly string[]>
  /** Whether the machine was given the identity. */
  isAssigned(pair: IdentityOfMachine): Promise<boolean>
}

/** The directory in `storage`; what most tokens need is looked up for all that are asked for at the same time. */
export function createClientDirectory({ db, lanes }: Pick<Storage, 'db' | 'lanes'>): ClientDirectory {
  const findRows = createGroupCommit((ids: readonly string[]) => findClientRows(db, ids), { lanes })
  const findRoles = createGroupCommit((asked: readonly AppRoleQuestion[]) => rolesForEach(db, asked), {
    lanes,
  })
  return {
    // Read apart from the others, so that a damaged row fails its own client only.
    findClient: async (clientId) => clientOf(await findRows(clientId)),
    findSecretClient: (clientId) => findSecretClient(db, clientId),
    findFederatedClient: (clientId) => findFederatedClient(db, clientId),
    rolesFor: (principalId, audience) => findRoles({ principalId, resource: audience }),
    isAssigned: (pair) => isAssigned(db, pair),
  }
}

/** A principal has keys of a machine or certificates of an application, never both. */
async function findClientRows(
  db: Kysely<Schema>,
  clientIds: readonly string[],
): Promise<(readonly ClientRow[])[]> {
  const rows = await selectClients(db, { clientIds: [...new Set(clientIds)] })
  const byClientId = Map.groupBy(rows, (row) => row.client_id)
  return clientIds.map((clientId) => byClientId.get(clientId) ?? [])
}

const PRINCIPAL_COLUMNS = [
  'principal.tenant_id',
  'principal.client_id',
  'principal.id as principal_id',
  'principal.resource_id',
  'principal.kind',
  'principal.state',
] as const

const selectClients = prepareStatement((db, { clientIds }: { clientIds: readonly string[] }) =>
  db
    .selectFrom('principal')
    .leftJoin('machine_key', (join) =>
      join.onRef('machine_key.principal_id', '=', 'principal.id').on('machine_key.state', '!=', 'retired'),
    )
    .leftJoin('client_certificate', 'client_certificate.principal_id', 'principal.id')
    .select(PRINCIPAL_COLUMNS)
    .select([
      'machine_key.public_key',
      'machine_key.certificate_sha256',
      'machine_key.certificate_sha1',
      'machine_key.not_after',
      'client_certificate.id as certificate_id',
      'client_certificate.kind as certificate_kind',
      'client_certificate.certificate',
      'client_certificate.sha256',
      'client_certificate.sha1',
      'client_certificate.subject_name',
    ])
    .where('principal.client_id', 'in', clientIds),
)

type ClientRow = Awaited<ReturnType<typeof selectClients>>[number]

/** The client whose rows these are. */
function clientOf(rows: readonly ClientRow[]): Client | undefined {
  const [first] = rows
  if (!first) return undefined
  return {
    ...principalOf(first),
    keys: rows.flatMap((row) => machineKeyOf(row) ?? certificateKeyOf(row) ?? []),
    authorities: rows.flatMap((row) => authorityOf(row) ?? []),
  }
}

function principalOf(row: {
  tenant_id: string
  client_id: string
  principal_id: string
  resource_id: string | null
  kind: PrincipalKind
  state: PrincipalState
}): ClientPrincipal {
  return {
    identity: {
      tenantId: row.tenant_id,
      clientId: row.client_id,
      principalId: row.principal_id,
      resourceId: row.resource_id ?? '',
    },
    kind: row.kind,
    state: row.state,
  }
}

function machineKeyOf(row: {
  public_key: string | null
  certificate_sha256: string | null
  certificate_sha1: string | null
  not_after: number | null
}): ClientKey | undefined {
  const { public_key, certificate_sha256: sha256, certificate_sha1: sha1, not_after } = row
  if (public_key === null || sha256 === null || sha1 === null || not_after === null) return undefined
  return {
    credential: { kind: 'machine-key', id: sha256 },
    sha256,
    sha1,
    publicKey: publicKeyOf(public_key),
    notAfter: new Date(not_after),
  }
}

interface CertificateColumns {
  certificate_id: string | null
  certificate_kind: 'certificate' | 'authority' | null
  certificate: string | null
  sha256: string | null
  sha1: string | null
  subject_name: string | null
}

function certificateKeyOf(row: CertificateColumns): ClientKey | undefined {
  const { certificate_id: id, certificate_kind: kind, certificate: pem, sha256, sha1 } = row
  if (kind !== 'certificate' || id === null || pem === null || sha256 === null || sha1 === null)
    return undefined
  const { publicKey, validToDate } = new X509Certificate(pem)
  return { credential: { kind: 'certificate', id }, sha256, sha1, publicKey, notAfter: validToDate }
}

function authorityOf(row: CertificateColumns): ClientAuthority | undefined {
  const { certificate_id: id, certificate_kind: kind, certificate: pem, subject_name: subjectName } = row
  if (kind !== 'authority' || id === null || pem === null || subjectName === null) return undefined
  return { credential: { kind: 'certificate', id }, certificate: new X509Certificate(pem), subjectName }
}

async function findSecretClient(db: Kysely<Schema>, clientId: string): Promise<SecretClient | undefined> {
  const rows = await db
    .selectFrom('principal')
    .leftJoin('client_secret', 'client_secret.principal_id', 'principal.id')
    .select(PRINCIPAL_COLUMNS)
    .select(['client_secret.id as secret_id', 'client_secret.hash', 'client_secret.expires_at'])
    .where('principal.client_id', '=', clientId)
    .execute()
  const [first] = rows
  if (!first) return undefined
  const secrets = rows.flatMap(({ secret_id: id, hash, expires_at }) =>
    id === null || hash === null || expires_at === null
      ? []
      : [{ credential: { kind: 'secret' as const, id }, hash, expiresAt: new Date(expires_at) }],
  )
  return { ...principalOf(first), secrets }
}

async function findFederatedClient(
  db: Kysely<Schema>,
  clientId: string,
): Promise<FederatedClient | undefined> {
  const row = await db
    .selectFrom('principal')
    .select(PRINCIPAL_COLUMNS)
    .where('principal.client_id', '=', clientId)
    .executeTakeFirst()
  if (!row) return undefined
  return { ...principalOf(row), credentials: await listFederatedCredentials(db, row.principal_id) }
}

async function isAssigned(db: Kysely<Schema>, { machine, identity }: IdentityOfMachine): Promise<boolean> {
  const row = await db
    .selectFrom('machine_user_identity')
    .select('identity_principal_id')
    .where('machine_principal_id', '=', machine)
    .where('identity_principal_id', '=', identity)
    .executeTakeFirst()
  return row !== undefined
}
