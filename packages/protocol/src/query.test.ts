import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WireError } from './errors.ts'
import { hasControlCharacters, parseQuery, parseTarget, single } from './query.ts'

/** Query strings of all kinds: well formed, broken, and not ASCII at all. */
const queryString = fc.oneof(
  fc.webQueryParameters(),
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        'a',
        'A',
        'resource',
        '=',
        '&',
        '+',
        '%',
        '%25',
        '%3A',
        '%253A',
        '%C0%AF',
        '%ED%A0%80',
        '%00',
        '\ud800',
        'é',
      ),
      { maxLength: 16 },
    )
    .map((parts) => parts.join('')),
)

const entries = (query: string) => Object.fromEntries(parseQuery(query))

test.each([
  ['/metadata/identity/oauth2/token', '/metadata/identity/oauth2/token', ''],
  ['/metadata/identity/oauth2/token?a=1', '/metadata/identity/oauth2/token', 'a=1'],
  ['/metadata/identity/oauth2/token/?a=1', '/metadata/identity/oauth2/token', 'a=1'],
  ['//metadata/identity/oauth2/token?a=1', '/metadata/identity/oauth2/token', 'a=1'],
  ['///metadata//identity///oauth2/token///', '/metadata/identity/oauth2/token', ''],
  ['/a?b=//c/?d', '/a', 'b=//c/?d'],
  ['/a?', '/a', ''],
  ['/', '/', ''],
  ['//', '/', ''],
  ['', '', ''],
  ['?a', '', 'a'],
  ['*', '*', ''],
  ['/a%2Fb%3Fc', '/a%2Fb%3Fc', ''],
  ['http://localhost:40342/a', 'http:/localhost:40342/a', ''],
])('the target %j has the path %j and the query %j', (target, path, query) => {
  expect(parseTarget(target)).toEqual({ path, query })
})

test('no target makes it throw, no path of it has repeated or trailing slashes, and the query stays as it is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[/a?]{0,12}$/)), (target) => {
      const { path, query } = parseTarget(target)
      expect(path).not.toContain('//')
      if (path.length > 1) expect(path.endsWith('/')).toBe(false)
      expect(path).not.toContain('?')
      expect(target.endsWith(query)).toBe(true)
      expect(parseTarget(path).path).toBe(path)
    }),
  )
})

test('a target of 200,000 slashes is read in one pass', () => {
  expect(parseTarget(`${'/'.repeat(200_000)}x${'/'.repeat(200_000)}`)).toEqual({ path: '/x', query: '' })
})

test.each([
  ['', {}],
  ['&', {}],
  ['&&a=1&&b=2&', { a: ['1'], b: ['2'] }],
  ['a', { a: [''] }],
  ['a=', { a: [''] }],
  ['=a', { '': ['a'] }],
  ['a=b=c', { a: ['b=c'] }],
  ['a=1&A=2&%41=3', { a: ['1', '2', '3'] }],
  ['a=x+y', { a: ['x y'] }],
  ['a=x%2By', { a: ['x+y'] }],
  ['a=%3A%2f', { a: [':/'] }],
  ['a=%253A', { a: ['%3A'] }],
  ['a=%25253A', { a: ['%253A'] }],
  ['a%26b=c%26d', { 'a&b': ['c&d'] }],
  ['a=%C3%A9', { a: ['é'] }],
  ['a=%F0%9F%98%80', { a: ['😀'] }],
  ['__proto__=1', JSON.parse('{"__proto__":["1"]}')],
])('the query %j is read as %j', (query, expected) => {
  expect(entries(query)).toEqual(expected)
})

test.each([
  ['a broken escape', 'a=%'],
  ['half an escape', 'a=%4'],
  ['an escape that is not hexadecimal', 'a=%zz'],
  ['a broken escape in a name', '%=1'],
  ['a byte that is not UTF-8', 'a=%ff'],
  ['an overlong form', 'a=%C0%AF'],
  ['a surrogate', 'a=%ED%A0%80'],
  ['UTF-8 that is cut off', 'a=%E2%82'],
  ['a character beyond the last', 'a=%F4%90%80%80'],
  ['a raw lone surrogate', 'a=\ud800'],
  ['raw text that is not ASCII', 'a=é'],
  ['raw UTF-8 taken for Latin-1', 'a=Ã©'],
  ['a raw line break', 'a=b\nc'],
  ['a raw space', 'a=b c'],
])('a query with %s is malformed', (_, query) => {
  expect(() => parseQuery(query)).toThrow(expect.objectContaining({ code: 'query_malformed' }))
})

test('whatever the query, it is read or is malformed, and what is read is whole text under lower-case names', () => {
  fc.assert(
    fc.property(queryString, (query) => {
      try {
        for (const [name, values] of parseQuery(query)) {
          expect(name).toBe(name.toLowerCase())
          for (const value of [name, ...values]) expect(value.isWellFormed()).toBe(true)
        }
      } catch (error) {
        expect(error).toBeInstanceOf(WireError)
        expect(error).toHaveProperty('code', 'query_malformed')
      }
    }),
  )
})

test('whatever text is escaped once is read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      expect(entries(`a=${encodeURIComponent(value)}`)).toEqual({ a: [value] })
    }),
  )
})

test('it reads what the form encoding of the URL standard writes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      expect(entries(new URLSearchParams({ a: value }).toString())).toEqual({ a: [value] })
    }),
  )
})

test('a parameter that is not there is undefined, an empty one is empty', () => {
  expect(single(parseQuery('b=1'), 'a', 9)).toBeUndefined()
  expect(single(parseQuery('a='), 'a', 9)).toBe('')
  expect(single(parseQuery('a=1'), 'a', 9)).toBe('1')
})

test.each([
  ['a=1&a=1', 'parameter_repeated'],
  ['a=1&A=2', 'parameter_repeated'],
  ['a&a', 'parameter_repeated'],
  ['a=1234567890', 'parameter_malformed'],
  ['a=%00', 'parameter_malformed'],
  ['a=b%0D%0Ac', 'parameter_malformed'],
  ['a=%7F', 'parameter_malformed'],
  ['a=%C2%85', 'parameter_malformed'],
  ['a=%E2%80%A8', 'parameter_malformed'],
])('of %j no single value is taken: %s', (query, code) => {
  expect(() => single(parseQuery(query), 'a', 9)).toThrow(expect.objectContaining({ code }))
})

test('a single value is never too long, never holds control characters, and only a WireError says why not', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { maxLength: 3 }), (values) => {
      const query = new Map(values.length > 0 ? [['a', values]] : [])
      try {
        const value = single(query, 'a', 9) ?? ''
        expect(value.length).toBeLessThanOrEqual(9)
        expect(hasControlCharacters(value)).toBe(false)
      } catch (error) {
        expect(error).toBeInstanceOf(WireError)
      }
    }),
  )
})
