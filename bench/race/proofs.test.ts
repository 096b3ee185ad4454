import { expect, test } from 'vitest'
import { keptRows, rowsATokenWhenAnswered } from './proofs.ts'

const BEFORE = { jti: 5, audit: 7, client: 32 }

/** After each of two tokens: every jti is there at once, every other row only with the next token. */
const SEEN = [
  { jti: 6, audit: 7, client: 32, access: 2 },
  { jti: 7, audit: 9, client: 32, access: 4 },
]

test('a row counts as written with a token if it was there at every look', () => {
  expect(rowsATokenWhenAnswered(BEFORE, SEEN)).toBe('jti 1.0, access 2.0')
  expect(rowsATokenWhenAnswered(BEFORE, [BEFORE, BEFORE])).toBe('none')
})

test('rows are kept if those of the last token, which nobody looked at, are there as well after a kill', () => {
  expect(keptRows(BEFORE, SEEN, { jti: 8, access: 6 })).toBe('all')
  expect(keptRows(BEFORE, SEEN, { jti: 7, access: 6 })).toBe('lost of jti')
  expect(keptRows(BEFORE, [BEFORE], BEFORE)).toBe('–')
})
