import { createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isStrongRsa } from './strong-rsa.ts'

const BITS = { min: 2048, max: 4096 }

function keyOf(members: JsonWebKey) {
  return createPublicKey({ key: { kty: 'RSA', ...members }, format: 'jwk' })
}

const base64url = (hex: string) =>
  Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')

test.each([
  ['2048 bits', 'ff'.repeat(256), '010001', true],
  ['2047 bits', `7f${'ff'.repeat(255)}`, '010001', false],
  ['4096 bits', '80'.repeat(512), '010001', true],
  ['4097 bits', `01${'ff'.repeat(512)}`, '010001', false],
  ['the exponent 3', 'ff'.repeat(256), '03', false],
  ['the exponent 65535', 'ff'.repeat(256), 'ffff', false],
  ['an exponent of 32 bits', 'ff'.repeat(256), 'ffffffff', true],
  ['an exponent of 33 bits', 'ff'.repeat(256), '0100000001', false],
])('a key with %s', (_, n, e, expected) => {
  expect(isStrongRsa(keyOf({ n: base64url(n), e: base64url(e) }), BITS)).toBe(expected)
})

test('it says what Node says of the size', () => {
  const digit = fc.integer({ min: 1, max: 255 })
  fc.assert(
    fc.property(fc.array(digit, { minLength: 250, maxLength: 260 }), digit, (modulus, last) => {
      const key = keyOf({
        n: Buffer.from(modulus).toString('base64url'),
        e: Buffer.from([1, 0, last]).toString('base64url'),
      })
      const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
      expect(isStrongRsa(key, BITS)).toBe(modulusLength >= BITS.min && publicExponent >= 65_537n)
    }),
  )
})

test('a key of another kind is none', () => {
  expect(isStrongRsa(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey, BITS)).toBe(false)
  expect(isStrongRsa(generateKeyPairSync('ed25519').publicKey, BITS)).toBe(false)
})

test('no number is made of an exponent of any length', () => {
  const e = '_'.repeat(500_000)
  const key = keyOf({ n: base64url('ff'.repeat(256)), e })
  // Node's own property would take minutes.
  Object.defineProperty(key, 'asymmetricKeyDetails', {
    get: () => {
      throw new Error('a number was made')
    },
  })
  expect(isStrongRsa(key, BITS)).toBe(false)
})
