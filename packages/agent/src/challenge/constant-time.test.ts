import fc from 'fast-check'
import { expect, test } from 'vitest'
import { equalInConstantTime } from './constant-time.ts'

test('a text is equal to its own bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(equalInConstantTime(bytes, Buffer.from(bytes).toString('latin1'))).toBe(true)
    }),
  )
})

test('a text in which one character differs is not equal, wherever it is and whatever it is', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 100 })
  fc.assert(
    fc.property(bytes, fc.nat(), fc.integer({ min: 0, max: 0xffff }), (expected, at, character) => {
      const index = at % expected.length
      fc.pre(character !== expected[index])
      const right = Buffer.from(expected).toString('latin1')
      const wrong = right.slice(0, index) + String.fromCharCode(character) + right.slice(index + 1)
      expect(equalInConstantTime(expected, wrong)).toBe(false)
    }),
  )
})

test.each(['', 'ke', 'keys', 'key\0'])('%j is not "key"', (text) => {
  expect(equalInConstantTime(Buffer.from('key'), text)).toBe(false)
})
