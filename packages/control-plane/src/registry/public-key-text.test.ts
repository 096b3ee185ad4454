import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatPublicKeyText, readPublicKeyText } from './public-key-text.ts'

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PEM = publicKey.export({ format: 'pem', type: 'spki' }).toString()
const PKCS1 = publicKey.export({ format: 'der', type: 'pkcs1' })

test('a key that is written and read again is the same', () => {
  expect(formatPublicKeyText(PEM)).toBe(PKCS1.toString('base64'))
  expect(readPublicKeyText(formatPublicKeyText(PEM))).toBe(PEM)
})

test('whatever text comes is a key that is written the same way again, or is refused', () => {
  const flipped = fc.nat(PKCS1.length - 1).map((at) => {
    const der = Buffer.from(PKCS1)
    der[at] = (der[at] ?? 0) ^ 1
    return der.toString('base64')
  })
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), flipped), (text) => {
      let pem: string
      try {
        pem = readPublicKeyText(text)
      } catch (error) {
        expect(error).toMatchObject({ code: 'key_malformed' })
        return
      }
      const key = createPublicKey(pem)
      expect(key.type).toBe('public')
      expect(formatPublicKeyText(pem)).toBe(text)
    }),
  )
})

test('more than the longest key is refused without being read', () => {
  expect(() => readPublicKeyText(`${PEM}${'\n'.repeat(4_096)}`)).toThrow(
    expect.objectContaining({ code: 'key_malformed' }),
  )
})
