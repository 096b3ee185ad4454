import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { isStrongKey } from './key-strength.ts'

/** Of random numbers: nobody has the private half, which is not needed to be weighed. */
function rsaKey(bits: number, exponent: Buffer): KeyObject {
  const modulus = randomBytes(bits / 8)
  modulus.writeUInt8(modulus.readUInt8(0) | 0x80, 0)
  modulus.writeUInt8(modulus.readUInt8(bits / 8 - 1) | 1, bits / 8 - 1)
  const key = { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') }
  return createPublicKey({ key, format: 'jwk' })
}

test.each<[bits: number, exponent: string, strong: boolean]>([
  [2048, '010001', true],
  [4096, '010001', true],
  [3072, 'ffffffff', true],
  [1024, '010001', false],
  [8192, '010001', false],
  [2048, '03', false],
])('RSA with %i bits and the exponent %s: %s', (bits, exponent, strong) => {
  const key = rsaKey(bits, Buffer.from(exponent, 'hex'))
  expect([isStrongKey(key), isStrongKey(key, 'authority')]).toEqual([strong, strong])
})

test('an exponent by which one verification takes as long as hundreds is refused', () => {
  const long = Buffer.concat([Buffer.from('01', 'hex'), randomBytes(380), Buffer.from('01', 'hex')])
  expect(isStrongKey(rsaKey(3072, long))).toBe(false)
  expect(isStrongKey(rsaKey(2048, Buffer.from('0100000001', 'hex')), 'authority')).toBe(false)
})
