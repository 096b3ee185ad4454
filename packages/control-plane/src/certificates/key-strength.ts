/**
 * The public keys that are strong enough to prove a client.
 *
 * @see https://nvlpubs.nist.gov/nistpubs/SpecialPublications/NIST.SP.800-57pt1r5.pdf
 * @module
 */

import type { KeyObject } from 'node:crypto'

/** Shorter RSA keys are weak, longer ones make every verification dear. */
const RSA_BITS = { min: 2048, max: 4096 }

/** Key generators use the smallest; smaller ones are fragile, and large ones make one verification take 400 times as long. */
const RSA_EXPONENT = { min: 65_537n, max: 0xffff_ffffn }

/** Curves of a client's key, which signs with ES256, and of an authority's. */
const CURVES = { client: ['prime256v1'], authority: ['prime256v1', 'secp384r1', 'secp521r1'] } as const

/** Whether `key` may be that of a client, or of an authority over clients. */
export function isStrongKey(key: KeyObject, role: keyof typeof CURVES = 'client'): boolean {
  const { asymmetricKeyType, asymmetricKeyDetails } = key
  if (asymmetricKeyType === 'ec') {
    return CURVES[role].some((curve) => curve === asymmetricKeyDetails?.namedCurve)
  }
  if (asymmetricKeyType !== 'rsa') return false
  const { modulusLength: bits = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {}
  return (
    bits >= RSA_BITS.min &&
    bits <= RSA_BITS.max &&
    publicExponent >= RSA_EXPONENT.min &&
    publicExponent <= RSA_EXPONENT.max
  )
}
