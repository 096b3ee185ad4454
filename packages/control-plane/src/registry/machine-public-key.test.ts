import { generateKeyPairSync } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { expect, test } from 'vitest'
import { keyThumbprint } from './machine-public-key.ts'

test.each([
  ['an EC key', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['an RSA key', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
])('the thumbprint of %s is that of RFC 7638, as jose has it', async (_, generate) => {
  const { publicKey } = generate()
  expect(keyThumbprint(publicKey)).toBe(await calculateJwkThumbprint(publicKey.export({ format: 'jwk' })))
})
