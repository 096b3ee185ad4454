/**
 * The public keys that are strong enough to prove a client.
 *
 * @see https://nvlpubs.nist.gov/nistpubs/SpecialPublications/NIST.SP.800-57pt1r5.pdf
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { isStrongRsa } from '@landfast/server'

/** Shorter RSA keys are weak, longer ones make every verification dear. */
const RSA_BITS = { min: 2048, max: 4096 }

/** Curves of a client's key, which signs with ES256, and of an authority's. */
const CURVES = { client: ['prime256v1'], authority: ['prime256v1', 'secp384r1', 'secp521r1'] } as const

/** Whether `key` may be that of a client, or of an authority over clients. */
export function isStrongKey(key: KeyObject, role: keyof typeof CURVES = 'client'): boolean {
  if (key.asymmetricKeyType !== 'ec') return isStrongRsa(key, RSA_BITS)
  return CURVES[role].some((curve) => curve === key.asymmetricKeyDetails?.namedCurve)
}
