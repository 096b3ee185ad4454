/**
 * The keys that seal TLS session tickets, kept sealed in the database, so that a client resumes its session at any replica
 * and after a restart. Replicas agree without a leader: each reads the table now and then, and makes the key that is due.
 *
 * @see docs/security.md#session-tickets
 * @module
 */

import { randomBytes, randomUUID } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import type { Logger } from 'pino'
import { sealingKey } from '../storage/encryption-key.ts'
import type { Schema } from '../storage/schema.ts'
import { type EncryptionKey, openText, sealText } from '../storage/sealed-text.ts'
import type { Storage } from '../storage/storage.ts'
import { isSpentTicketKey, nextTicketKeyBegins, ticketKeyAt } from './ticket-key-schedule.ts'

const REFRESH_MILLISECONDS = 60_000

/** As Node.js takes it: a name, a key for HMAC and one for AES. */
const KEY_BYTES = 48

/** What the keys work with. */
export interface TicketKeyParts {
  storage: Storage
  encryptionKey: EncryptionKey
  log: Logger
  now: () => Date
}

/** The key that is used at the moment. */
export interface TicketKeys {
  readonly present: Buffer
  /** Tells of each key from now on that takes the place of the present one. */
  watch(use: (key: Buffer) => void): void
  /** Reads the table, and makes the key that is due. */
  refresh(): Promise<void>
  stop(): Promise<void>
}

/** Opens the keys in the database; the first start makes the first one. */
export async function openTicketKeys(parts: TicketKeyParts): Promise<TicketKeys> {
  let present = await readPresent(parts)
  let use: (key: Buffer) => void = () => {}
  const refresh = async () => {
    const read = await readPresent(parts)
    if (read.equals(present)) return
    present = read
    use(present)
  }
  let refreshing = Promise.resolve()
  const timer = setInterval(() => {
    refreshing = refresh().catch((err) =>
      parts.log.warn({ err }, 'the keys of session tickets could not be read; it is tried again'),
    )
  }, REFRESH_MILLISECONDS).unref()
  return {
    get present() {
      return present
    },
    watch: (told) => {
      use = told
    },
    refresh,
    stop: async () => {
      clearInterval(timer)
      await refreshing
    },
  }
}

/** One row. */
interface KeptTicketKey {
  id: string
  sealed: string
  beginsAt: number
}

async function readPresent(parts: TicketKeyParts): Promise<Buffer> {
  const { storage, now } = parts
  const time = now().getTime()
  const kept = await readTicketKeys(storage.db)
  const isSettled = nextTicketKeyBegins(kept, time) === undefined
  const hasSpent = kept.some((key) => isSpentTicketKey(key, kept, time))
  const rows = isSettled && !hasSpent ? kept : await storage.change((trx) => settle(trx, parts, time))
  const present = ticketKeyAt(rows, time)
  const key = present && open(parts.encryptionKey, present)
  return key ?? (await replaceUnreadable(parts, present))
}

/** Deletes what is spent and makes what is due. Resolves to what is kept then. */
async function settle(
  trx: Transaction<Schema>,
  { encryptionKey }: TicketKeyParts,
  time: number,
): Promise<KeptTicketKey[]> {
  const all = await readTicketKeys(trx)
  const spent = all.filter((key) => isSpentTicketKey(key, all, time))
  const kept = all.filter((key) => !spent.includes(key))
  const ids = spent.map(({ id }) => id)
  if (ids.length > 0) await trx.deleteFrom('ticket_key').where('id', 'in', ids).execute()
  const begins_at = nextTicketKeyBegins(kept, time)
  if (begins_at === undefined) return kept
  const id = randomUUID()
  const text = randomBytes(KEY_BYTES).toString('base64')
  const private_key = sealText(await sealingKey(trx, encryptionKey), placeOf(id), text)
  await trx.insertInto('ticket_key').values({ id, private_key, begins_at }).execute()
  return [...kept, { id, sealed: private_key, beginsAt: begins_at }]
}

/**
 * A version that did not know the table may have changed the encryption key without it. Such a key is worth nothing, and no
 * reason not to start.
 */
async function replaceUnreadable(
  parts: TicketKeyParts,
  unreadable: KeptTicketKey | undefined,
): Promise<Buffer> {
  const { storage, encryptionKey, now, log } = parts
  log.warn('a key of session tickets could not be opened; another takes its place')
  const rows = await storage.change(async (trx) => {
    await trx
      .deleteFrom('ticket_key')
      .where('id', '=', unreadable?.id ?? '')
      .execute()
    return settle(trx, parts, now().getTime())
  })
  const present = ticketKeyAt(rows, now().getTime())
  return (present && open(encryptionKey, present)) ?? randomBytes(KEY_BYTES)
}

function open(encryptionKey: EncryptionKey, { id, sealed }: KeptTicketKey): Buffer | undefined {
  try {
    const key = Buffer.from(openText(encryptionKey, placeOf(id), sealed), 'base64')
    return key.length === KEY_BYTES ? key : undefined
  } catch {
    return undefined
  }
}

async function readTicketKeys(db: Kysely<Schema>): Promise<KeptTicketKey[]> {
  const rows = await db.selectFrom('ticket_key').selectAll().orderBy('begins_at').execute()
  return rows.map(({ id, private_key, begins_at }) => ({ id, sealed: private_key, beginsAt: begins_at }))
}

function placeOf(id: string): string {
  return `ticket_key/${id}`
}
