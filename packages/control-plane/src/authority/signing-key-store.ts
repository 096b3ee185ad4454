/**
 * Keeps signing keys in the database: the private half sealed, and only under its own key id.
 *
 * @module
 */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { type EncryptionKey, openText, sealText } from '../storage/sealed-text.ts'
import { prepareStatement } from '../storage/statement.ts'
import { type SigningKey, signingKeyOf } from './signing-key.ts'
import { isAstray, type KeyTimes, publishedUntil, startAhead } from './signing-key-schedule.ts'

/** One row. */
export interface StoredSigningKey extends KeyTimes {
  kid: string
  /** Sealed. */
  privateKey: string
  certificate: string
}

/** Every row that is left. */
export function readSigningKeys(db: Kysely<Schema>): Promise<StoredSigningKey[]> {
  return db
    .selectFrom('signing_key')
    .select([
      'kid',
      'private_key as privateKey',
      'certificate',
      'signs_from as signsFrom',
      'published_until as publishedUntil',
    ])
    .execute()
}

/** Which keys are kept: one that is not was withdrawn, whatever this process still remembers. */
export async function readKeptKids(db: Kysely<Schema>): Promise<ReadonlySet<string>> {
  const rows = await selectKids(db, {})
  return new Set(rows.map(({ kid }) => kid))
}

/** Prepared, since each commit of tokens asks for them. */
const selectKids = prepareStatement((db) => db.selectFrom('signing_key').select('kid'))

/** The private half of a new key, sealed. */
export function sealSigningKey(key: EncryptionKey, kid: string, privateKey: KeyObject): string {
  return sealText(key, placeOf(kid), privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
}

/**
 * The key of a row, ready to sign.
 *
 * @throws {StorageError} `encryption_key_wrong` or `sealed_text_damaged`.
 */
export function openSigningKey(key: EncryptionKey, row: StoredSigningKey): SigningKey {
  const pem = openText(key, placeOf(row.kid), row.privateKey)
  return signingKeyOf(createPrivateKey(pem), row.certificate)
}

/** Sets right the times that a clock far ahead gave, in the order that they have: the first signs at once if none does. */
export async function mendSchedule(db: Kysely<Schema>, time: number): Promise<void> {
  const keys = (await readSigningKeys(db)).toSorted((one, other) => one.signsFrom - other.signsFrom)
  const begun = keys.some(({ signsFrom }) => signsFrom <= time)
  for (const [index, { kid }] of keys.filter((key) => isAstray(key, time)).entries()) {
    const signs_from = index === 0 && !begun ? time : startAhead(time) + index
    await db.updateTable('signing_key').set({ signs_from }).where('kid', '=', kid).execute()
  }
  const latest = publishedUntil(startAhead(time) + keys.length)
  await db
    .updateTable('signing_key')
    .set({ published_until: latest })
    .where('published_until', '>', latest)
    .execute()
}

/** Deletes the keys that no verifier needs any more. */
export async function deleteUnpublished(db: Kysely<Schema>, time: number): Promise<void> {
  await db.deleteFrom('signing_key').where('published_until', '<=', time).execute()
}

function placeOf(kid: string): string {
  return `signing_key/${kid}`
}
