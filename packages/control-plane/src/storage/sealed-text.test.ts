import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openText, readEncryptionKey, sealText } from './sealed-text.ts'

const BYTES = randomBytes(32)
const KEY = readEncryptionKey(BYTES.toString('base64'))

test('what is sealed for a place is opened there, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, place) => {
      expect(openText(KEY, place, sealText(KEY, place, text))).toBe(text)
    }),
  )
})

test('a sealed text does not show its content, and no two are the same', () => {
  const sealed = [1, 2].map(() => sealText(KEY, 'p', 'the-private-key'))
  expect(new Set(sealed).size).toBe(2)
  expect(Buffer.from(sealed[0]?.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('private')
})

test('at another place it is damaged', () => {
  const sealed = sealText(KEY, 'signing_key/a', 'x')
  expect(() => openText(KEY, 'signing_key/b', sealed)).toThrow(
    expect.objectContaining({ code: 'sealed_text_damaged' }),
  )
})

test('with any character changed it is never opened', () => {
  const sealed = sealText(KEY, 'p', 'text')
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.constantFrom('A', 'b', '7', '.', '-'), (index, letter) => {
      fc.pre(sealed[index] !== letter)
      const changed = sealed.slice(0, index) + letter + sealed.slice(index + 1)
      // The last letter of base64 holds bits that mean nothing.
      fc.pre(index !== sealed.length - 1)
      expect(() => openText(KEY, 'p', changed)).toThrow()
    }),
  )
})

for (const sealed of ['', '-----BEGIN PRIVATE KEY-----', 'lfs1', 'lfs2.x.y', `lfs1.${KEY.id}.`]) {
  test(`${JSON.stringify(sealed)} is no sealed text`, () => {
    expect(() => openText(KEY, 'p', sealed)).toThrow(expect.objectContaining({ code: 'sealed_text_damaged' }))
  })
}

test('another key is recognised as such, and the error does not tell it', () => {
  const other = randomBytes(32).toString('hex')
  const opening = () => openText(readEncryptionKey(other), 'p', sealText(KEY, 'p', 'x'))
  expect(opening).toThrow(expect.objectContaining({ code: 'encryption_key_wrong' }))
  expect(opening).not.toThrow(other)
})

test('a key in base64, base64url and hexadecimal is the same key', () => {
  for (const text of ['base64url', 'hex'] as const)
    expect(readEncryptionKey(BYTES.toString(text)).id).toBe(KEY.id)
  expect(readEncryptionKey(`${BYTES.toString('base64')}\n`).id).toBe(KEY.id)
})

for (const [what, text] of Object.entries({
  nothing: '',
  'a password': 'correct horse battery staple',
  '16 bytes': randomBytes(16).toString('base64'),
  '33 bytes': randomBytes(33).toString('base64'),
  'base64 with a slip': `${'A'.repeat(21)}!${'A'.repeat(22)}`,
})) {
  test(`${what} is no encryption key, and the error does not repeat it`, () => {
    const reading = () => readEncryptionKey(text)
    expect(reading).toThrow(expect.objectContaining({ code: 'encryption_key_malformed' }))
    if (text) expect(reading).not.toThrow(text)
  })
}
