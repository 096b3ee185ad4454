/**
 * Signing keys for tests that look at everything but the signature. Not published.
 *
 * @module
 */

import type { Kysely } from 'kysely'
import type { SigningKey } from '../authority/signing-key.ts'
import type { SigningKeys } from '../authority/signing-keys.ts'
import type { Schema } from '../storage/schema.ts'

const FIXED_KID = 'fixed'

/** Keeps the key in `db`, since the journal refuses what a key signed that was withdrawn. */
export async function keepFixedKey(db: Kysely<Schema>): Promise<void> {
  const times = { signs_from: 0, published_until: null, created_at: 0 }
  await db
    .insertInto('signing_key')
    .values({ kid: FIXED_KID, private_key: '', certificate: '', ...times })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Keys of which one signs always, by `sign`. */
export function fixedKeys(sign: SigningKey['sign']): Pick<SigningKeys, 'current' | 'published' | 'refresh'> {
  const key: SigningKey = {
    published: { kty: 'RSA', use: 'sig', alg: 'RS256', kid: FIXED_KID, x5t: '', n: '', e: '', x5c: [''] },
    sign,
  }
  return { current: () => key, published: () => [key.published], refresh: async () => {} }
}
