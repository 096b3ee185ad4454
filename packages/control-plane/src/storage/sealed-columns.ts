/**
 * Every secret that the database keeps sealed, and how all of them come under another encryption key at once.
 *
 * @module
 */

import type { Transaction } from 'kysely'
import type { Schema } from './schema.ts'
import { type EncryptionKey, keyIdOf, openText, sealText } from './sealed-text.ts'

/** A table with a column `private_key`, and the column that names the row and so the place of what is sealed. */
const SEALED = {
  certificate_authority: 'id',
  signing_key: 'kid',
  ticket_key: 'id',
} as const satisfies Partial<Record<keyof Schema, string>>

/** The names of these tables. */
export const SEALED_TABLES = Object.keys(SEALED) as readonly (keyof typeof SEALED)[]

/**
 * Seals everything under `to` that another key of `with` sealed, as one change. Resolves to how many secrets that were.
 *
 * @throws {StorageError} `encryption_key_wrong` or `sealed_text_damaged`.
 */
export async function sealAnew(
  trx: Transaction<Schema>,
  keys: { with: EncryptionKey; to: EncryptionKey },
): Promise<number> {
  let count = 0
  for (const table of SEALED_TABLES) {
    const name = trx.dynamic.ref<'name'>(SEALED[table])
    const rows = await trx
      .selectFrom(table)
      .select(['private_key', trx.dynamic.ref<'id'>(SEALED[table])])
      .execute()
    for (const row of rows as unknown as Record<string, string>[]) {
      const [sealed = '', id = ''] = [row.private_key, row[SEALED[table]]]
      if (keyIdOf(sealed) === keys.to.id) continue
      const place = `${table}/${id}`
      const private_key = sealText(keys.to, place, openText(keys.with, place, sealed))
      await trx.updateTable(table).set({ private_key }).where(name, '=', id).execute()
      count++
    }
  }
  return count
}
