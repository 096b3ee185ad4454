import fc from 'fast-check'
import { expect, test } from 'vitest'
import { visibleLine, visibleSaying, visibleText } from './visible-text.ts'

/** What no terminal may be given of somebody else's. */
const HIDDEN = [
  ...['\u0000', '\u0007', '\u0008', '\r', '\u001b', '\u007f', '\u0085', '\u009b'],
  ...[
    '\u00ad',
    '\u061c',
    '\u200b',
    '\u200d',
    '\u200e',
    '\u200f',
    '\u202a',
    '\u202e',
    '\u2060',
    '\u2066',
    '\u2069',
  ],
  ...['\u2028', '\u2029', '\u3164', '\ufeff', '\ufff9', '\u{e0041}', '\u{1d173}'],
]

test.each(HIDDEN)('%j is shown by its number', (character) => {
  expect(visibleLine(`a${character}b`)).toMatch(/^a(\\u[0-9a-f]{4}){1,2}b$/)
  expect(visibleText(`a${character}b`)).toBe(visibleLine(`a${character}b`))
})

test('a line has no line break, a text keeps its own', () => {
  expect(visibleLine('a\n\tb')).toBe('a\\u000a\\u0009b')
  expect(visibleText('a\n\tb')).toBe('a\n\tb')
})

test('what people read and write stays', () => {
  for (const text of ['Bäcker 1', '机器', 'שלום', '👩', 'é', 'a\u00a0b']) expect(visibleLine(text)).toBe(text)
})

test('JSON stays the same value', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const line = visibleLine(JSON.stringify({ [text]: text }))
      expect(JSON.parse(line)).toEqual({ [text]: text })
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    }),
  )
})

test('what a peer says is one line, and no longer than its reader has use for', () => {
  expect(visibleSaying('no\nsuch tenant')).toBe('no\\u000asuch tenant')
  const said = visibleSaying(`${'x'.repeat(1999)}\u{1f600}${'y'.repeat(1_000_000)}`)
  expect(said.length).toBeLessThan(2050)
  expect(said).toMatch(/x\ufffd… \(1002001 characters\)$/)
})
