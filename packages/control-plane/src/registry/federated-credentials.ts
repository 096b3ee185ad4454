/**
 * Federated credentials: which tokens of foreign issuers prove an identity of this tenant. Reads and writes them.
 *
 * @see https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
 * @module
 */

import type { Kysely, Transaction } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { type CheckedExpression, checkFederatedTrust, type FederatedTrust } from './federated-trust.ts'
import { endPortalAccess } from './portal-access.ts'
import { RegistryError } from './registry-error.ts'

/** How many credentials one identity may have unless the operator says otherwise, as at Entra. */
export const FEDERATED_CREDENTIALS_MAX = 20

/**
 * Before an expression in the column `subject`: no exact subject has a `*`, so neither is ever taken for the other, and the same
 * constraint keeps both unique. The number is the version of the language.
 */
const EXPRESSION_MARK = '*1 '

/** A credential that is kept. */
export type FederatedCredential = FederatedTrust & {
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
  /** Either this or an expression. */
  subject?: string | undefined
  expression?: CheckedExpression | undefined
  /** Exactly one; absent means "api://AzureADTokenExchange". */
  audiences?: readonly string[] | undefined
  /** How many the identity may have. */
  most?: number | undefined
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
 * @throws {RegistryError} `federated_name_malformed`, `federated_issuer_malformed`, `federated_subject_malformed`, `federated_claims_unclear`,
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
  const beside = others.filter((one) => one !== kept)
  refuseSame(beside, trust)
  if (!kept) refuseFull(beside, writing.most ?? FEDERATED_CREDENTIALS_MAX)
  return kept ? change(trx, writing, { kept, trust }) : create(trx, writing, trust)
}

/** The credential of that name, or undefined. */
export async function findFederatedCredential(
  db: Kysely<Schema>,
  { principalId, name }: FederatedCredentialName,
): Promise<FederatedCredential | undefined> {
  const row = await db
    .selectFrom('federated_credential')
    .select(COLUMNS)
    .where('principal_id', '=', principalId)
    .where('name_key', '=', name.toLowerCase())
    .executeTakeFirst()
  return row && credentialOf(row)
}

/** Every credential of a principal, by name; there are as many as the operator allows. */
export async function listFederatedCredentials(
  db: Kysely<Schema>,
  principalId: string,
): Promise<FederatedCredential[]> {
  const rows = await db
    .selectFrom('federated_credential')
    .select(COLUMNS)
    .where('principal_id', '=', principalId)
    .execute()
  // Databases order texts each in their own way, by which pages must not be cut.
  return rows.map(credentialOf).sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
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
  if (numDeletedRows > 0n) await endPortalAccess(trx, principalId)
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

function refuseSame(others: readonly FederatedCredential[], trust: FederatedTrust): void {
  if (others.some((one) => one.issuer === trust.issuer && subjectColumn(one) === subjectColumn(trust))) {
    throw new RegistryError('federated_credential_exists')
  }
}

/** Only a new one: after the operator has lowered the number, each that is there can still be changed. */
function refuseFull(others: readonly FederatedCredential[], most: number): void {
  if (others.length < most) return
  throw new RegistryError('federated_credentials_full', { detail: `at most ${most}` })
}

interface Row {
  name: string
  issuer: string
  subject: string
  audience: string
  version: number
}

function credentialOf({ subject, ...row }: Row): FederatedCredential {
  if (!subject.startsWith(EXPRESSION_MARK)) return { ...row, subject }
  return { ...row, expression: subject.slice(EXPRESSION_MARK.length) as CheckedExpression }
}

function subjectColumn({ subject, expression }: FederatedTrust): string {
  return subject ?? `${EXPRESSION_MARK}${expression}`
}

/** What of a row the trust makes. */
function trustColumns(trust: FederatedTrust): Omit<Row, 'name' | 'version'> {
  return { issuer: trust.issuer, subject: subjectColumn(trust), audience: trust.audience }
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
    .values({ ...row, name, version: credential.version, ...trustColumns(trust) })
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
    .set({ ...trustColumns(trust), version: credential.version })
    .where('principal_id', '=', principalId)
    .where('name_key', '=', name.toLowerCase())
    .execute()
  // What it trusted before is taken away by that.
  await endPortalAccess(trx, principalId)
  return { credential, outcome: 'changed' as const }
}

function isNamed(credential: FederatedCredential, name: string): boolean {
  return keyOf(credential) === name.toLowerCase()
}

function keyOf({ name }: { name: string }): string {
  return name.toLowerCase()
}

function isSame(one: FederatedTrust, other: FederatedTrust): boolean {
  return (
    one.issuer === other.issuer &&
    subjectColumn(one) === subjectColumn(other) &&
    one.audience === other.audience
  )
}
