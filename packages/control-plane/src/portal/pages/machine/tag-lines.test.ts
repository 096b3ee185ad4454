import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Tags } from '../../../arm/tags.ts'
import { readTagLines, tagLines } from './tag-lines.ts'

/** What a browser sends of the text in a field of a form. */
function sentByBrowser(text: string): string {
  const shown = text.replaceAll(/\r\n?/g, '\n').replaceAll('\0', '\ufffd').toWellFormed()
  return new URLSearchParams(new URLSearchParams({ text: shown.replaceAll('\n', '\r\n') })).get('text') ?? ''
}

const UNIT = fc.oneof(
  fc.constantFrom('=', ' ', '\n', '\r', '\0', 'a', 'A', 'ä', '\t', '\u2028', '\ud800', '\u00a0'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
)
const TEXT = fc.string({ unit: UNIT, maxLength: 8 })
const TAGS = fc
  .uniqueArray(fc.tuple(TEXT, TEXT), { selector: ([name]) => name.toLowerCase(), maxLength: 4 })
  .map((pairs): Tags => Object.fromEntries(pairs.filter(([name]) => name !== '')))

test('tags that a form shows come back from a browser as they were, whatever they hold', () => {
  fc.assert(
    fc.property(TAGS, (tags) => {
      const lines = tagLines(tags)
      if (lines) expect(readTagLines(sentByBrowser(lines.join('\n')))).toEqual(tags)
    }),
    { numRuns: 2_000 },
  )
})

test('tags without line breaks, and without "=" or spaces around their names, are always shown', () => {
  const word = fc.stringMatching(/^[a-z][a-z .:_-]{0,6}[a-z]$/)
  const value = fc.string().filter((text) => !/[\r\n\0]/.test(text))
  fc.assert(
    fc.property(fc.dictionary(word, value), (tags) => {
      expect(tagLines(tags)).toBeDefined()
    }),
  )
})

describe('no form shows', () => {
  test.each<[string, Tags]>([
    ['a name with "="', { 'a=b': 'c' }],
    ['a value of two lines', { a: 'b\nc' }],
    ['a name of two lines', { 'a\nb': '' }],
    ['a value that ends in a carriage return', { a: 'b\r' }],
    ['a name with a space before it', { ' a': 'b' }],
    ['a name of spaces', { ' ': 'b' }],
    ['half a character', { a: '\ud800' }],
    ['a character that no page can hold', { a: '\0' }],
  ])('%s', (_, tags) => {
    expect(tagLines({ env: 'prod', ...tags })).toBeUndefined()
  })
})

test('a line that ends in "=" is a tag without a value, and a value keeps its own "="', () => {
  expect(readTagLines('old=\r\nrack=7\r\n\r\nformula=a=b ')).toEqual({ old: '', rack: '7', formula: 'a=b ' })
})

test('a line without "=" is refused', () => {
  const refusal = { code: 'field_wrong', field: 'tags' }
  expect(() => readTagLines('rack=7\nno equals sign')).toThrow(expect.objectContaining(refusal))
})

test.each(['env=a\nenv=b', 'env=a\nENV=b', 'BÜRO=\nbüro=1', ' env =a\nenv=a'])(
  'a name that stands twice is refused: %j',
  (text) => {
    expect(() => readTagLines(text)).toThrow(expect.objectContaining({ code: 'tag_twice' }))
  },
)
