/**
 * Finds the key that an assertion names, with its machine: also a retired key, and that of a deleted machine, so that
 * its holder is told why it is refused.
 *
 * @module
 */

import type { KeyObject } from 'node:crypto'
import type { Identity } from '@landfast/protocol'
import type { Kysely, Transaction } from 'kysely'
import { publicKeyOf } from '../registry/public-key.ts'
import { createGroupCommit } from '../storage/group-commit.ts'
import type { MachineKeyState, PrincipalState, Schema } from '../storage/schema.ts'
import { prepareStatement } from '../storage/statement.ts'
import type { Storage } from '../storage/storage.ts'

/** A key that is or was a machine's. */
export interface KnownKey {
  thumbprint: string
  /** `x5t#S256` of its certificate. */
  certificateSha256: string
  publicKey: KeyObject
  state: MachineKeyState
  /** Whether an administrator's word may bring its machine back by it. */
  mayReturn: boolean
  /** The end of its certificate. */
  notAfter: Date
  identity: Identity
  principalState: PrincipalState
}

/** Finds the key whose certificate has this `x5t#S256`. */
export type FindKnownKey = (certificateSha256: string) => Promise<KnownKey | undefined>

/** Looks keys up in the database; those that are wanted at the same time are looked up together. */
export function createKeyFinder({ db, lanes }: Storage): FindKnownKey {
  const settle = (certificateSha256s: readonly string[]) => findKnownKeys(db, certificateSha256s)
  return createGroupCommit(settle, { lanes })
}

/** The key whose certificate has this `x5t#S256`, as it stands within a transaction. */
export async function findKnownKey(
  trx: Transaction<Schema>,
  certificateSha256: string,
): Promise<KnownKey | undefined> {
  const [key] = await findKnownKeys(trx, [certificateSha256])
  return key
}

async function findKnownKeys(
  db: Kysely<Schema>,
  certificateSha256s: readonly string[],
): Promise<(KnownKey | undefined)[]> {
  const rows = await selectByCertificate(db, { certificateSha256s: [...new Set(certificateSha256s)] })
  const keys = new Map(rows.map((row) => [row.certificate_sha256, row]))
  return certificateSha256s.map((sha256) => knownKey(keys.get(sha256)))
}

/** The key of the machine with this ARM id that is not retired and has this thumbprint. */
export async function findKeyOfMachine(
  db: Kysely<Schema>,
  { resourceId, thumbprint }: { resourceId: string; thumbprint: string },
): Promise<KnownKey | undefined> {
  const row = await selectKeys(db)
    .innerJoin('machine', 'machine.principal_id', 'principal.id')
    .where('machine.resource_key', '=', resourceId.toLowerCase())
    .where('machine_key.thumbprint', '=', thumbprint)
    .where('machine_key.state', '!=', 'retired')
    .executeTakeFirst()
  return knownKey(row)
}

function selectKeys(db: Kysely<Schema>) {
  return db
    .selectFrom('machine_key')
    .innerJoin('principal', 'principal.id', 'machine_key.principal_id')
    .select([
      'machine_key.thumbprint',
      'machine_key.certificate_sha256',
      'machine_key.public_key',
      'machine_key.state as key_state',
      'machine_key.not_after',
      'machine_key.no_return_at',
      'principal.id',
      'principal.client_id',
      'principal.tenant_id',
      'principal.resource_id',
      'principal.state',
    ])
}

const selectByCertificate = prepareStatement(
  (db, { certificateSha256s }: { certificateSha256s: readonly string[] }) =>
    selectKeys(db).where('certificate_sha256', 'in', certificateSha256s),
)

type KeyRow = Awaited<ReturnType<ReturnType<typeof selectKeys>['execute']>>[number]

function knownKey(row: KeyRow | undefined): KnownKey | undefined {
  if (!row) return undefined
  return {
    thumbprint: row.thumbprint,
    certificateSha256: row.certificate_sha256,
    publicKey: publicKeyOf(row.public_key),
    state: row.key_state,
    mayReturn: row.no_return_at === null,
    notAfter: new Date(row.not_after),
    identity: {
      tenantId: row.tenant_id,
      clientId: row.client_id,
      principalId: row.id,
      resourceId: row.resource_id ?? '',
    },
    principalState: row.state,
  }
}
