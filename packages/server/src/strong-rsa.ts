/**
 * Which RSA keys may be used at all. A key may come from anybody, so its size is looked at before Node makes numbers of it:
 * for an exponent of a few hundred kB that takes Node minutes, in which nothing else runs.
 *
 * @see https://nvlpubs.nist.gov/nistpubs/SpecialPublications/NIST.SP.800-57pt1r5.pdf
 * @module
 */

import type { KeyObject } from 'node:crypto'

/** Key generators use the smallest; smaller ones are fragile, and large ones make one verification take 400 times as long. */
const EXPONENT = { min: 65_537, max: 0xffff_ffff } as const

const EXPONENT_MAX_BYTES = 4

/** Whether `key` is an RSA key with a modulus of so many bits, and with an exponent that is neither fragile nor dear. */
export function isStrongRsa(key: KeyObject, bits: { readonly min: number; readonly max: number }): boolean {
  if (key.asymmetricKeyType !== 'rsa') return false
  const { n = '', e = '' } = key.export({ format: 'jwk' })
  const [modulus, exponent] = [Buffer.from(n, 'base64url'), Buffer.from(e, 'base64url')]
  const length = bitsOf(modulus)
  if (length < bits.min || length > bits.max) return false
  if (exponent.length === 0 || exponent.length > EXPONENT_MAX_BYTES) return false
  const value = exponent.readUIntBE(0, exponent.length)
  return value >= EXPONENT.min && value <= EXPONENT.max
}

/** A number in a JWK begins with a byte that is not 0. */
function bitsOf(number: Buffer): number {
  const [first = 0] = number
  return Math.max(0, number.length - 1) * 8 + (32 - Math.clz32(first))
}
