import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBase64url, encodeBase64url } from './base64url.ts'

const ascii = fc.string({ unit: 'binary-ascii', maxLength: 300 })

test('it writes what Node writes and reads it back', () => {
  fc.assert(
    fc.property(ascii, (text) => {
      const encoded = encodeBase64url(text)
      expect(encoded).toBe(Buffer.from(text, 'latin1').toString('base64url'))
      expect(decodeBase64url(encoded)).toBe(text)
    }),
  )
})

test('whatever is decoded is written in one way only', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (encoded) => {
      const text = decodeBase64url(encoded)
      return text === undefined || encodeBase64url(text) === encoded
    }),
  )
})

test.each(['A', 'AB', 'YQ==', 'YQ ', 'w6Q', '+/+/', 'Y\n'])('%j stands for nothing', (encoded) => {
  expect(decodeBase64url(encoded)).toBeUndefined()
})

test('only ASCII can be written', () => {
  expect(() => encodeBase64url('ä')).toThrow(TypeError)
})
