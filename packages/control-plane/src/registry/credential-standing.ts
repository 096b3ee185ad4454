/**
 * How clients and their credentials stand within a transaction: what may have changed since a client was proven.
 *
 * @module
 */

import type { Transaction } from 'kysely'
import type { PrincipalState, Schema } from '../storage/schema.ts'

/** Names one credential of a client. */
export interface CredentialReference {
  kind: CredentialKind
  /** Of its own kind: the `x5t#S256` of a machine's key, the id of a secret or certificate, the name of a federated credential. */
  id: string
}

/** What a client can prove itself by. */
export type CredentialKind = keyof typeof ROWS

/** A client with the credential that proved it. */
export interface ProvenClient {
  clientId: string
  credential: CredentialReference
}

/** How one of them stands now. */
export interface Standing {
  /** Deleted, or never there. */
  gone: boolean
  disabled: boolean
  /** Whether the credential is still the client's. */
  hasCredential: boolean
  /** A machine's new key, which takes the place of the old one at its first proven use. */
  pending: boolean
}

interface Row {
  client_id: string
  state: PrincipalState
  credential: string | null
  pending: boolean
}

/** How each of `proven` stands: one query for each kind of credential among them. */
export async function readStandings(
  trx: Transaction<Schema>,
  proven: readonly ProvenClient[],
): Promise<(one: ProvenClient) => Standing> {
  const rows = new Map<CredentialKind, Map<string, Row[]>>()
  for (const kind of new Set(proven.map(({ credential }) => credential.kind))) {
    const clientIds = proven.filter((one) => one.credential.kind === kind).map(({ clientId }) => clientId)
    const found = await ROWS[kind](trx, [...new Set(clientIds)])
    rows.set(
      kind,
      Map.groupBy(found, (row) => row.client_id),
    )
  }
  return ({ clientId, credential }) =>
    standingOf(rows.get(credential.kind)?.get(clientId) ?? [], credential.id)
}

function standingOf(rows: readonly Row[], id: string): Standing {
  const state = rows[0]?.state ?? 'deleted'
  const row = rows.find(({ credential }) => credential === id)
  return {
    gone: state === 'deleted',
    disabled: state === 'disabled',
    hasCredential: row !== undefined,
    pending: row?.pending === true,
  }
}

/** The credentials of each kind that the clients with these ids have. */
const ROWS = {
  'machine-key': async (trx: Transaction<Schema>, clientIds: readonly string[]): Promise<Row[]> => {
    const rows = await principals(trx, clientIds)
      .leftJoin('machine_key', (join) =>
        join.onRef('machine_key.principal_id', '=', 'principal.id').on('machine_key.state', '!=', 'retired'),
      )
      .select(['machine_key.certificate_sha256 as credential', 'machine_key.state as key_state'])
      .execute()
    return rows.map((row) => ({ ...row, pending: row.key_state === 'pending' }))
  },
  secret: async (trx: Transaction<Schema>, clientIds: readonly string[]): Promise<Row[]> => {
    const rows = await principals(trx, clientIds)
      .leftJoin('client_secret', 'client_secret.principal_id', 'principal.id')
      .select('client_secret.id as credential')
      .execute()
    return rows.map(settled)
  },
  certificate: async (trx: Transaction<Schema>, clientIds: readonly string[]): Promise<Row[]> => {
    const rows = await principals(trx, clientIds)
      .leftJoin('client_certificate', 'client_certificate.principal_id', 'principal.id')
      .select('client_certificate.id as credential')
      .execute()
    return rows.map(settled)
  },
  federated: async (trx: Transaction<Schema>, clientIds: readonly string[]): Promise<Row[]> => {
    const rows = await principals(trx, clientIds)
      .leftJoin('federated_credential', 'federated_credential.principal_id', 'principal.id')
      .select(['federated_credential.name_key', 'federated_credential.version'])
      .execute()
    return rows.map(({ name_key, version, ...row }) =>
      settled({
        ...row,
        credential:
          name_key === null ? null : federatedReference({ name: name_key, version: version ?? 0 }).id,
      }),
    )
  },
}

/** Names one version of a federated credential: one that was changed meanwhile proves nothing. */
export function federatedReference(credential: { name: string; version: number }): CredentialReference {
  return { kind: 'federated', id: `${credential.name.toLowerCase()}@${credential.version}` }
}

function settled(row: Omit<Row, 'pending'>): Row {
  return { ...row, pending: false }
}

function principals(trx: Transaction<Schema>, clientIds: readonly string[]) {
  return trx
    .selectFrom('principal')
    .select(['principal.client_id', 'principal.state'])
    .where('principal.client_id', 'in', clientIds)
}

/** The machines and user-assigned identities of `pairs` that still belong together, as `assignmentKey` writes them. */
export async function readAssignments(
  trx: Transaction<Schema>,
  pairs: readonly IdentityOfMachine[],
): Promise<ReadonlySet<string>> {
  if (pairs.length === 0) return new Set()
  const rows = await trx
    .selectFrom('machine_user_identity')
    .innerJoin('principal', 'principal.id', 'machine_user_identity.identity_principal_id')
    .select(['machine_principal_id as machine', 'identity_principal_id as identity'])
    .where('principal.state', '=', 'enabled')
    .where(
      'machine_principal_id',
      'in',
      pairs.map(({ machine }) => machine),
    )
    .execute()
  return new Set(rows.map(assignmentKey))
}

/** A user-assigned identity of a machine, by their object ids. */
export interface IdentityOfMachine {
  machine: string
  identity: string
}

/** An assignment as one text. */
export function assignmentKey({ machine, identity }: IdentityOfMachine): string {
  return `${machine} ${identity}`
}
