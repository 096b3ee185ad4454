/**
 * Brings every secret of the database under another encryption key while replicas go on: one transaction, so that at any
 * moment all are sealed under the same key.
 *
 * @see docs/operations.md#changing-the-encryption-key
 * @module
 */

import { unaskedEntry } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { makeNextKey, sealedUnder, settleNextKey } from '../storage/encryption-key.ts'
import { sealAnew } from '../storage/sealed-columns.ts'
import type { EncryptionKey } from '../storage/sealed-text.ts'
import type { Storage } from '../storage/storage.ts'
import { refuseReplicasWithout } from './replicas.ts'

/** What a change works with. */
export interface KeyChangeParts {
  storage: Storage
  encryptionKey: EncryptionKey
  folder: string
  /** Whether the operator gave the key; otherwise it is one of the state folder, where a new one is made. */
  isGiven: boolean
  now: Date
  /** Told of each step. */
  tell?: (step: KeyChangeStep) => void
}

/** What was just done; `sealed` is before the commit. */
export type KeyChangeStep = 'made' | 'sealed' | 'committed'

/** What was changed. */
export interface KeyChange {
  /** The id of the key under which everything is sealed now. */
  keyId: string
  /** How many secrets were sealed anew; none if all were sealed under this key already. */
  secrets: number
}

/**
 * Changes to the given key, or to a new one of the state folder. What was interrupted is done by doing it again.
 *
 * @throws {StorageError} `replica_without_key` while a replica is there that could not read the secrets afterwards.
 */
export async function changeKey(parts: KeyChangeParts): Promise<KeyChange> {
  const { storage, encryptionKey, folder, isGiven, tell = () => {} } = parts
  const to = isGiven ? encryptionKey : await makeNextKey(folder)
  if (!isGiven) encryptionKey.others?.push(to)
  tell('made')
  const secrets = await storage.change((trx) => seal(trx, to, { ...parts, tell }))
  tell('committed')
  if (!isGiven) await settleNextKey(folder, await sealedUnder(storage.db))
  return { keyId: to.id, secrets }
}

async function seal(
  trx: Parameters<typeof sealAnew>[0],
  to: EncryptionKey,
  { encryptionKey, now, tell }: KeyChangeParts,
): Promise<number> {
  await refuseReplicasWithout(trx, to.id, now)
  const secrets = await sealAnew(trx, { with: encryptionKey, to })
  if (secrets > 0) {
    const resourceId = `encryption-keys/${to.id}`
    await recordAudit(trx, [unaskedEntry('change-encryption-key', now, { resourceId })])
  }
  tell?.('sealed')
  return secrets
}
