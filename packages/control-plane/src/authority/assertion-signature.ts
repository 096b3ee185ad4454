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

import type { KeyObject } from 'node:crypto'
import { isKeyFor, type JwtAlgorithm, keyKindOf, readAlgorithm, verifyInput } from '@landfast/server'
import { strangersKey } from '../certificates/dummy-key.ts'
import { AuthorityError } from './authority-error.ts'
import type { PresentedAssertion } from './presented-credential.ts'

/**
 * Checks that `assertion` is signed by `key`. The key decides which algorithms of `among`, by default those of our own
 * clients, may be used; without a key the
 * signature is verified all the same, and refused.
 *
 * @throws {AuthorityError} `signature_invalid`.
 */
export function checkSignature(
  assertion: PresentedAssertion,
  key: KeyObject | undefined,
  among?: readonly JwtAlgorithm[],
): void {
  const algorithm = algorithmOf(assertion, among)
  const fits = key !== undefined && isKeyFor(algorithm, key)
  const [header, payload, signature = ''] = assertion.jws.split('.')
  const signed = { input: `${header}.${payload}`, signature: Buffer.from(signature, 'base64url') }
  const good = verifyInput(algorithm, signed, fits ? key : strangersKey(keyKindOf(algorithm)))
  if (!fits || !good) throw new AuthorityError('signature_invalid')
}

/** Extensions that must be understood are refused, since none is. */
function algorithmOf(
  { header }: PresentedAssertion,
  among: readonly JwtAlgorithm[] | undefined,
): JwtAlgorithm {
  const algorithm = readAlgorithm(header.alg, among)
  if (!algorithm || header.crit !== undefined || header.b64 !== undefined) {
    throw new AuthorityError('signature_invalid')
  }
  return algorithm
}
