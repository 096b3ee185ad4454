/**
 * Federated credentials: which tokens of foreign issuers prove an identity of this tenant. Reads and writes them.
 *
 * @see https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
 * @module
 */

import type { Kysely, Transaction } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { checkFederatedTrust, type FederatedTrust } from './federated-trust.ts'
import { RegistryError } from './registry-error.ts'

/** How many credentials one identity may have, as at Entra. */
export const FEDERATED_CREDENTIALS_MAX = 20

/** A credential that is kept. */
export interface FederatedCredential extends FederatedTrust {
  /** As it was written first; names are compared without regard to case. */
  name: string
  /** Grows by one with each change. */
  version: number
}

/** A credential as its owner writes it. */
export interface FederatedCredentialWriting {
  principalId: string
  name: string
  issuer: string
  subject: string
  /** Exactly one; absent means "api://AzureADTokenExchange". */
  audiences?: readonly string[] | undefined
  time: Date
}

/** Names one credential. */
export interface FederatedCredentialName {
  principalId: string
  name: string
}

/**
 * Writes a credential, in the place of the one of that name if there is one. Writing the same again changes nothing.
 *
 * @throws {RegistryError} `federated_name_malformed`, `federated_issuer_malformed`, `federated_subject_malformed`,
 * `federated_audience_malformed`, `federated_principal_unsupported`, `federated_credential_exists` or
 * `federated_credentials_full`.
 */
export async function putFederatedCredential(
  trx: Transaction<Schema>,
  writing: FederatedCredentialWriting,
): Promise<{ credential: FederatedCredential; outcome: 'created' | 'changed' | 'unchanged' }> {
  const trust = checkFederatedTrust(writing)
  await refuseUnsupported(trx, writing.principalId)
  const others = await listFederatedCredentials(trx, writing.principalId)
  const kept = others.find((one) => isNamed(one, writing.name))
  if (kept && isSame(kept, trust)) return { credential: kept, outcome: 'unchanged' }
  refuseBeside(
    others.filter((one) => one !== kept),
    trust,
  )
  return kept ? change(trx, writing, { kept, trust }) : create(trx, writing, trust)
}

/** The credential of that name, or undefined. */
export async function findFederatedCredential(
  db: Kysely<Schema>,
  { principalId, name }: FederatedCredentialName,
): Promise<FederatedCredential | undefined> {
  return db
    .selectFrom('federated_credential')
    .select(COLUMNS)
    .where('principal_id', '=', principalId)
    .where('name_key', '=', name.toLowerCase())
    .executeTakeFirst()
}

/** Every credential of a principal, by name; there are at most twenty. */
export async function listFederatedCredentials(
  db: Kysely<Schema>,
  principalId: string,
): Promise<FederatedCredential[]> {
  const credentials = await db
    .selectFrom('federated_credential')
    .select(COLUMNS)
    .where('principal_id', '=', principalId)
    .execute()
  // Databases order texts each in their own way, by which pages must not be cut.
  return credentials.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
}

/** Deletes one credential; resolves to whether there was one. */
export async function deleteFederatedCredential(
  trx: Transaction<Schema>,
  { principalId, name }: FederatedCredentialName,
): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('federated_credential')
    .where('principal_id', '=', principalId)
    .where('name_key', '=', name.toLowerCase())
    .executeTakeFirst()
  return numDeletedRows > 0n
}

const COLUMNS = ['name', 'issuer', 'subject', 'audience', 'version'] as const

/** A machine proves itself with its own key, so its system-assigned identity has no other credentials. */
async function refuseUnsupported(trx: Transaction<Schema>, principalId: string): Promise<void> {
  const principal = await trx
    .selectFrom('principal')
    .select(['kind', 'state'])
    .where('id', '=', principalId)
    .executeTakeFirst()
  if (!principal || principal.kind === 'machine' || principal.state === 'deleted') {
    throw new RegistryError('federated_principal_unsupported')
  }
}

function refuseBeside(others: readonly FederatedCredential[], trust: FederatedTrust): void {
  if (others.some((one) => one.issuer === trust.issuer && one.subject === trust.subject)) {
    throw new RegistryError('federated_credential_exists')
  }
  if (others.length >= FEDERATED_CREDENTIALS_MAX) throw new RegistryError('federated_credentials_full')
}

async function create(
  trx: Transaction<Schema>,
  { principalId, name, time }: FederatedCredentialWriting,
  trust: FederatedTrust,
) {
  const credential = { name, ...trust, version: 1 }
  const row = { principal_id: principalId, name_key: name.toLowerCase(), created_at: time.getTime() }
  await trx
    .insertInto('federated_credential')
    .values({ ...row, ...credential })
    .execute()
  return { credential, outcome: 'created' as const }
}

async function change(
  trx: Transaction<Schema>,
  { principalId, name }: FederatedCredentialWriting,
  { kept, trust }: { kept: FederatedCredential; trust: FederatedTrust },
) {
  const credential = { name: kept.name, ...trust, version: kept.version + 1 }
  await trx
    .updateTable('federated_credential')
    .set({ ...trust, version: credential.version })
    .where('principal_id', '=', principalId)
    .where('name_key', '=', name.toLowerCase())
    .execute()
  return { credential, outcome: 'changed' as const }
}

function isNamed(credential: FederatedCredential, name: string): boolean {
  return keyOf(credential) === name.toLowerCase()
}

function keyOf({ name }: { name: string }): string {
  return name.toLowerCase()
}

function isSame(one: FederatedTrust, other: FederatedTrust): boolean {
  return one.issuer === other.issuer && one.subject === other.subject && one.audience === other.audience
}
