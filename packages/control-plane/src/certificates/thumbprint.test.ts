import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { readThumbprint } from './thumbprint.ts'

const digest = (algorithm: string) => createHash(algorithm).update('certificate').digest()

test.each(['sha1', 'sha256'] as const)('a thumbprint by %s is read in each way of writing it', (name) => {
  const [bytes, hex] = [digest(name), digest(name).toString('hex')]
  const pairs = hex.match(/../g)?.join(':') ?? ''
  for (const text of [bytes.toString('base64url'), hex, hex.toUpperCase(), pairs, pairs.toUpperCase()]) {
    expect(readThumbprint(text)).toEqual({ [name]: bytes.toString('base64url') })
  }
})

test.each([
  '',
  'web-1',
  'a'.repeat(39),
  'a'.repeat(128),
  `${'a'.repeat(42)}b`,
  `${'a'.repeat(42)}=`,
  '11111111-2222-4333-8444-555555555555',
])('%j is none', (text) => {
  expect(readThumbprint(text)).toBeUndefined()
})
