/**
 * Which replicas use the database: each says now and then that it is there, so that an operator's command can tell whether all
 * of them have what is needed for its work. On SQLite there is one, and it says nothing.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { goneSince, replicasSeen } from '../storage/replica-table.ts'
import type { Schema } from '../storage/schema.ts'
import { type EncryptionKey, keysOf } from '../storage/sealed-text.ts'
import type { Storage } from '../storage/storage.ts'
import { StorageError } from '../storage/storage-error.ts'

const PRESENCE_MILLISECONDS = 15_000

/** What a replica says of itself. */
export interface ReplicaParts {
  storage: Storage
  encryptionKey: EncryptionKey
  log: Logger
  now: () => Date
}

/** A replica that says that it is there. */
export interface PresentReplica {
  stop(): Promise<void>
}

/** Says it now, and again and again until it is stopped. */
export async function beginPresence(parts: ReplicaParts): Promise<PresentReplica> {
  const { storage, log } = parts
  if (!storage.locksRows) return { stop: async () => {} }
  const id = randomUUID()
  let saying = sayPresent(parts, id)
  await saying
  const timer = setInterval(() => {
    saying = sayPresent(parts, id).catch((err) =>
      log.warn({ err }, 'that this replica is there could not be written; it is tried again'),
    )
  }, PRESENCE_MILLISECONDS).unref()
  return {
    stop: async () => {
      clearInterval(timer)
      await saying
      // A database that is away has nothing to be told.
      await storage.db
        .deleteFrom('replica')
        .where('id', '=', id)
        .execute()
        .catch(() => {})
    },
  }
}

async function sayPresent({ storage, encryptionKey, now }: ReplicaParts, id: string): Promise<void> {
  const time = now()
  const seen_at = time.getTime()
  const key_ids = keysOf(encryptionKey)
    .map((key) => key.id)
    .join(' ')
  const row = { id, host_name: hostname(), key_ids, seen_at }
  await storage.append(async (trx) => {
    await trx.deleteFrom('replica').where('seen_at', '<', goneSince(time)).execute()
    await trx
      .insertInto('replica')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ key_ids, seen_at }))
      .execute()
  })
}

/**
 * Looks whether every replica has the encryption key with this id.
 *
 * @throws {StorageError} `replica_without_key`, with the hosts of those that have not.
 */
export async function refuseReplicasWithout(db: Kysely<Schema>, keyId: string, now: Date): Promise<void> {
  const present = await replicasSeen(db, now)
  const lacking = present.filter(({ key_ids }) => !key_ids.split(' ').includes(keyId))
  if (lacking.length === 0) return
  const detail = [...new Set(lacking.map(({ host_name }) => host_name))].join(', ')
  throw new StorageError('replica_without_key', { detail })
}
