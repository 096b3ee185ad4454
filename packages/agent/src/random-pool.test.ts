import { expect, test } from 'vitest'
import { createRandomSecrets } from './random-pool.ts'

test('secrets are base64url of the length asked for and never come twice, over many pools', () => {
  const secret = createRandomSecrets(32)
  const secrets = Array.from({ length: 1000 }, () => secret())
  for (const one of secrets) expect(one).toMatch(/^[\w-]{43}$/)
  expect(new Set(secrets).size).toBe(secrets.length)
})

test('a length that does not divide the pool gets whole secrets all the same', () => {
  const secret = createRandomSecrets(1000)
  const secrets = Array.from({ length: 10 }, () => Buffer.from(secret(), 'base64url'))
  expect(secrets.every((one) => one.length === 1000 && one.some((byte) => byte !== 0))).toBe(true)
  expect(new Set(secrets.map((one) => one.toString('hex'))).size).toBe(secrets.length)
})
