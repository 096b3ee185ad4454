/**
 * Verifies the signature of a client assertion. That takes as long with a dummy key as with a real one, so that time
 * does not tell which clients and keys exist.
 *
 * `node:crypto` itself takes half the time of a library above it, and this is done for every token. It takes
 * 30 to 90 µs, and to hand it to another thread and back costs some 40, so it is done at once.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-3.1
 * @module
 */

import { constants, type KeyObject, verify } from 'node:crypto'
import { strangersKey } from '../certificates/strangers-key.ts'
import { AuthorityError } from './authority-error.ts'
import type { PresentedAssertion } from './presented-credential.ts'

/** What an assertion may be signed with, and the kind of key that each takes. */
const ALGORITHMS = {
  PS256: { keyType: 'rsa', padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
  RS256: { keyType: 'rsa', padding: constants.RSA_PKCS1_PADDING },
  ES256: { keyType: 'ec', dsaEncoding: 'ieee-p1363' },
} as const

type Algorithm = keyof typeof ALGORITHMS

/** The names of them. */
export const ASSERTION_ALGORITHMS = Object.keys(ALGORITHMS) as Algorithm[]

/**
 * Checks that `assertion` is signed by `key`. The key decides which algorithms may be used; without a key the
 * signature is verified all the same, and refused.
 *
 * @throws {AuthorityError} `signature_invalid`.
 */
export function checkSignature(assertion: PresentedAssertion, key: KeyObject | undefined): void {
  const algorithm = algorithmOf(assertion)
  const { keyType, ...ways } = ALGORITHMS[algorithm]
  const fits = key?.asymmetricKeyType === keyType
  const [header, payload, signature = ''] = assertion.jws.split('.')
  const good = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    { key: fits ? key : strangersKey(keyType), ...ways },
    Buffer.from(signature, 'base64url'),
  )
  if (!fits || !good) throw new AuthorityError('signature_invalid')
}

/** Extensions that must be understood are refused, since none is. */
function algorithmOf({ header }: PresentedAssertion): Algorithm {
  const algorithm = ASSERTION_ALGORITHMS.find((name) => name === header.alg)
  if (!algorithm || header.crit !== undefined || header.b64 !== undefined) {
    throw new AuthorityError('signature_invalid')
  }
  return algorithm
}
