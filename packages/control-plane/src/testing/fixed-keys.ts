/**
 * Signing keys for tests that look at everything but the signature. Not published.
 *
 * @module
 */

import type { SigningKey } from '../authority/signing-key.ts'
import type { SigningKeys } from '../authority/signing-keys.ts'

/** Keys of which one signs always, by `sign`. */
export function fixedKeys(sign: SigningKey['sign']): Pick<SigningKeys, 'current' | 'published'> {
  const key: SigningKey = {
    published: { kty: 'RSA', use: 'sig', alg: 'RS256', kid: '', x5t: '', n: '', e: '', x5c: [''] },
    sign,
  }
  return { current: () => key, published: () => [key.published] }
}
