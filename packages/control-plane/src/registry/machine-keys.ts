/**
 * The keys of a machine and their succession: a renewed key is pending until its first proven use, which makes it
 * the current one and retires the one before. Nothing old goes before the new is proven.
 *
 * @module
 */

import type { Kysely, Transaction } from 'kysely'
import type { MachineKeyState, Schema } from '../storage/schema.ts'
import type { CertifiedKey } from './machine-public-key.ts'
import { RegistryError } from './registry-error.ts'

/**
 * Makes those of these keys (`x5t#S256` of their certificates) that are pending their machines' current keys. To be
 * called in the transaction of their first proven use.
 */
export async function promoteKeys(
  trx: Transaction<Schema>,
  certificateSha256s: readonly string[],
): Promise<void> {
  if (certificateSha256s.length === 0) return
  const pending = await trx
    .selectFrom('machine_key')
    .select(['thumbprint', 'principal_id'])
    .where('certificate_sha256', 'in', certificateSha256s)
    .where('state', '=', 'pending')
    .execute()
  if (pending.length === 0) return
  await trx
    .updateTable('machine_key')
    .set({ state: 'retired' })
    .where(
      'principal_id',
      'in',
      pending.map(({ principal_id }) => principal_id),
    )
    .where('state', '=', 'current')
    .execute()
  await trx
    .updateTable('machine_key')
    .set({ state: 'current' })
    .where(
      'thumbprint',
      'in',
      pending.map(({ thumbprint }) => thumbprint),
    )
    .execute()
}

/**
 * Writes the machine's new key, which waits for its first proven use. One that waited already is retired: its
 * machine never had the answer, or threw it away.
 *
 * @throws {RegistryError} `key_known` if the key is or ever was some machine's.
 */
export async function insertPendingKey(
  trx: Transaction<Schema>,
  { principalId, key, time }: { principalId: string; key: CertifiedKey; time: Date },
): Promise<void> {
  if (await isKnownKey(trx, key.thumbprint)) throw new RegistryError('key_known')
  await trx
    .updateTable('machine_key')
    .set({ state: 'retired' })
    .where('principal_id', '=', principalId)
    .where('state', '=', 'pending')
    .execute()
  await trx
    .insertInto('machine_key')
    .values({ ...keyRow({ principalId, key, time }), state: 'pending' })
    .execute()
}

/**
 * Writes the key of a machine that has none, or none any more.
 *
 * @throws {RegistryError} `key_known` if the key is or ever was some machine's.
 */
export async function insertFirstKey(
  trx: Transaction<Schema>,
  { principalId, key, time }: { principalId: string; key: CertifiedKey; time: Date },
): Promise<void> {
  if (await isKnownKey(trx, key.thumbprint)) throw new RegistryError('key_known')
  await trx.insertInto('machine_key').values(keyRow({ principalId, key, time })).execute()
}

/** Whether the key with this thumbprint is or was one of this machine's. */
export async function isKeyOf(
  trx: Transaction<Schema>,
  { principalId, thumbprint }: { principalId: string; thumbprint: string },
): Promise<boolean> {
  const key = await trx
    .selectFrom('machine_key')
    .select('thumbprint')
    .where('thumbprint', '=', thumbprint)
    .where('principal_id', '=', principalId)
    .executeTakeFirst()
  return key !== undefined
}

/** Replaces the certificate of a known key, which keeps its state. */
export async function recertifyKey(trx: Transaction<Schema>, key: CertifiedKey): Promise<void> {
  await trx
    .updateTable('machine_key')
    .set({
      certificate: key.certificate,
      certificate_sha256: key.certificateThumbprints.sha256,
      certificate_sha1: key.certificateThumbprints.sha1,
      not_after: key.notAfter.getTime(),
    })
    .where('thumbprint', '=', key.thumbprint)
    .execute()
}

/** Whether the key with this RFC 7638 thumbprint is or ever was a machine's. */
export async function isKnownKey(trx: Transaction<Schema>, thumbprint: string): Promise<boolean> {
  const key = await trx
    .selectFrom('machine_key')
    .select('thumbprint')
    .where('thumbprint', '=', thumbprint)
    .executeTakeFirst()
  return key !== undefined
}

/** The row of a key that proves its machine from now on. */
export function keyRow({
  principalId,
  key,
  time,
}: {
  principalId: string
  key: CertifiedKey
  time: Date
}): Schema['machine_key'] {
  return {
    thumbprint: key.thumbprint,
    principal_id: principalId,
    public_key: key.publicKey,
    certificate: key.certificate,
    certificate_sha256: key.certificateThumbprints.sha256,
    certificate_sha1: key.certificateThumbprints.sha1,
    not_after: key.notAfter.getTime(),
    state: 'current',
    created_at: time.getTime(),
    no_return_at: null,
  }
}

/** A key of a machine, as far as people look at it. */
export interface ListedMachineKey {
  /** `x5t#S256` of its certificate. */
  sha256: string
  state: MachineKeyState
  /** The end of the certificate. */
  notAfter: Date
  createdAt: Date
}

/** So many are shown: one more comes every 45 days. */
const LISTED_MAX = 20

/** The newest keys of a machine, newest first. */
export async function listMachineKeys(db: Kysely<Schema>, principalId: string): Promise<ListedMachineKey[]> {
  const rows = await db
    .selectFrom('machine_key')
    .select(['certificate_sha256', 'state', 'not_after', 'created_at'])
    .where('principal_id', '=', principalId)
    .orderBy('created_at', 'desc')
    .orderBy('thumbprint')
    .limit(LISTED_MAX)
    .execute()
  return rows.map((row) => ({
    sha256: row.certificate_sha256,
    state: row.state,
    notAfter: new Date(row.not_after),
    createdAt: new Date(row.created_at),
  }))
}
