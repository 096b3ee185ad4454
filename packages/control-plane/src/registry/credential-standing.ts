/**
 * Tells until the end of a transaction whether clients and their credentials still stand: both may have changed since a
 * client was proven. Where others may commit meanwhile, the rows that were read are locked, so that other changes wait.
 *
 * @module
 */

import type { Kysely, Transaction } from 'kysely'
import type { PrincipalState, Schema } from '../storage/schema.ts'
import { prepareStatement } from '../storage/statement.ts'
import type { Storage } from '../storage/storage.ts'

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

/** Whether rows are locked as they are read. */
export type Locking = Pick<Storage, 'locksRows'>

/** How each of `proven` stands: one query for each kind of credential among them. */
export async function readStandings(
  trx: Transaction<Schema>,
  proven: readonly ProvenClient[],
  locking: Locking,
): Promise<(one: ProvenClient) => Standing> {
  const rows = new Map<CredentialKind, Map<string, Row[]>>()
  for (const kind of new Set(proven.map(({ credential }) => credential.kind))) {
    const clientIds = proven.filter((one) => one.credential.kind === kind).map(({ clientId }) => clientId)
    const found = await readRows(trx, kind, { clientIds: [...new Set(clientIds)], locking })
    rows.set(
      kind,
      Map.groupBy(found, (row) => row.client_id),
    )
  }
  return ({ clientId, credential }) =>
    standingOf(rows.get(credential.kind)?.get(clientId) ?? [], credential.id)
}

/** Rows of an outer join cannot be locked, so clients that have no such credential any more are asked for apart. */
async function readRows(
  trx: Transaction<Schema>,
  kind: CredentialKind,
  { clientIds, locking }: { clientIds: readonly string[]; locking: Locking },
): Promise<Row[]> {
  const found = await ROWS[kind](trx, clientIds, locking)
  const seen = new Set(found.map((row) => row.client_id))
  const missing = clientIds.filter((clientId) => !seen.has(clientId))
  if (missing.length === 0) return found
  const bare = await principals(trx, missing)
    .$if(locking.locksRows, (query) => query.forShare())
    .execute()
  return [...found, ...bare.map((row) => settled({ ...row, credential: null }))]
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

/** Prepared, since tokens of machines are asked for all the time. */
const selectMachineKeys = prepareStatement(
  (db, { clientIds, locksRows }: { clientIds: readonly string[]; locksRows: boolean }) =>
    principals(db, clientIds)
      .innerJoin('machine_key', 'machine_key.principal_id', 'principal.id')
      .where('machine_key.state', '!=', 'retired')
      .select(['machine_key.certificate_sha256 as credential', 'machine_key.state as key_state'])
      .$if(locksRows, (query) => query.forShare(['principal', 'machine_key'])),
)

/** The credentials of each kind that the clients with these ids have. */
const ROWS = {
  'machine-key': async (trx, clientIds, { locksRows }) => {
    const rows = await selectMachineKeys(trx, { clientIds, locksRows })
    return rows.map((row) => ({ ...row, pending: row.key_state === 'pending' }))
  },
  secret: async (trx, clientIds, { locksRows }) => {
    const rows = await principals(trx, clientIds)
      .innerJoin('client_secret', 'client_secret.principal_id', 'principal.id')
      .select('client_secret.id as credential')
      .$if(locksRows, (query) => query.forShare(['principal', 'client_secret']))
      .execute()
    return rows.map(settled)
  },
  certificate: async (trx, clientIds, { locksRows }) => {
    const rows = await principals(trx, clientIds)
      .innerJoin('client_certificate', 'client_certificate.principal_id', 'principal.id')
      .select('client_certificate.id as credential')
      .$if(locksRows, (query) => query.forShare(['principal', 'client_certificate']))
      .execute()
    return rows.map(settled)
  },
  federated: async (trx, clientIds, { locksRows }) => {
    const rows = await principals(trx, clientIds)
      .innerJoin('federated_credential', 'federated_credential.principal_id', 'principal.id')
      .select(['federated_credential.name_key', 'federated_credential.version'])
      .$if(locksRows, (query) => query.forShare(['principal', 'federated_credential']))
      .execute()
    return rows.map(({ name_key, version, ...row }) =>
      settled({ ...row, credential: federatedReference({ name: name_key, version }).id }),
    )
  },
} satisfies Record<string, ReadCredentials>

type ReadCredentials = (
  trx: Transaction<Schema>,
  clientIds: readonly string[],
  locking: Locking,
) => Promise<Row[]>

/** Names one version of a federated credential: one that was changed meanwhile proves nothing. */
export function federatedReference(credential: { name: string; version: number }): CredentialReference {
  return { kind: 'federated', id: `${credential.name.toLowerCase()}@${credential.version}` }
}

function settled(row: Omit<Row, 'pending'>): Row {
  return { ...row, pending: false }
}

function principals(db: Kysely<Schema>, clientIds: readonly string[]) {
  return db
    .selectFrom('principal')
    .select(['principal.client_id', 'principal.state'])
    .where('principal.client_id', 'in', clientIds)
}

/** The machines and user-assigned identities of `pairs` that still belong together, as `assignmentKey` writes them. */
export async function readAssignments(
  trx: Transaction<Schema>,
  pairs: readonly IdentityOfMachine[],
  { locksRows }: Locking,
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
    .$if(locksRows, (query) => query.forShare(['machine_user_identity', 'principal']))
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
