import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ClaimsOperator } from './claims-expression.ts'
import { matchesClaims } from './claims-expression-match.ts'

const meets = (text: string, pattern: string, operator: ClaimsOperator = 'matches') =>
  matchesClaims([{ claim: 'sub', operator, text: pattern }], { sub: text })

/** What the wildcards mean, said as plainly as can be: slow, and surely right. */
function stands(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  const [first, rest] = [pattern[0], pattern.slice(1)]
  if (first === '*') return stands(rest, text) || (text !== '' && stands(pattern, text.slice(1)))
  return text !== '' && (first === '?' || first === text[0]) && stands(rest, text.slice(1))
}

test('a pattern takes what it stands for and nothing else, as a naive matcher says', () => {
  const letters = (...among: string[]) =>
    fc.array(fc.constantFrom(...among), { maxLength: 9 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(letters('a', 'b', ':', '*', '?'), letters('a', 'b', ':', '*'), (pattern, text) => {
      expect(meets(text, pattern)).toBe(stands(pattern, text))
    }),
    { numRuns: 3_000 },
  )
})

test('a text that was made from a pattern is taken by it', () => {
  const part = fc.string({ maxLength: 12 }).filter((text) => !/[*?]/.test(text))
  fc.assert(
    fc.property(fc.array(fc.tuple(part, part), { minLength: 1, maxLength: 6 }), (pairs) => {
      const pattern = pairs.map(([fixed]) => fixed).join('*')
      const text = pairs.map(([fixed, filled], index) => (index === 0 ? fixed : filled + fixed)).join('')
      expect(meets(text, pattern)).toBe(true)
    }),
  )
})

test('eq takes the same text only, wildcards included', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, other) => {
      expect(meets(text, text, 'eq')).toBe(true)
      expect(meets(text, other, 'eq')).toBe(text === other)
    }),
  )
  expect(meets('axb', 'a?b', 'eq')).toBe(false)
})

test('case matters, and the whole text must be met', () => {
  expect(meets('repo:shop/web:x', 'repo:shop/web:*')).toBe(true)
  expect(meets('repo:Shop/web:x', 'repo:shop/web:*')).toBe(false)
  expect(meets('xrepo:shop/web:x', 'repo:shop/web:*')).toBe(false)
  expect(meets('repo:shop/web', 'repo:shop/web:*')).toBe(false)
  expect(meets('ab', 'ab*b')).toBe(false)
  expect(meets('.', '\\.')).toBe(false)
})

test.each([
  ['a list', { sub: ['a'] }],
  ['a number', { sub: 1 }],
  ['null', { sub: null }],
  ['an object', { sub: { toString: () => 'a' } }],
  ['nothing', {}],
  ['what is inherited', Object.create({ sub: 'a' })],
  ['a text of 601 characters', { sub: 'a'.repeat(601) }],
])('%s meets no pattern', (_what, claims) => {
  expect(matchesClaims([{ claim: 'sub', operator: 'matches', text: '*' }], claims)).toBe(false)
})

test('no claim is that of every object', () => {
  for (const claim of ['constructor', '__proto__', 'toString'])
    expect(matchesClaims([{ claim, operator: 'matches', text: '*' }], {})).toBe(false)
})

test('a claim as long as a subject may be is looked at', () => {
  expect(meets('a'.repeat(600), 'a*')).toBe(true)
})

test('what one part of a pattern stands for no other does', () => {
  expect(meets('bbb', '*bb*bb*')).toBe(false)
  expect(meets('bbbb', '*bb*bb*')).toBe(true)
  expect(meets('abab', 'ab*ab*ab')).toBe(false)
})

test('every term must be met', () => {
  const terms = [
    { claim: 'sub', operator: 'matches', text: 'repo:shop/*' },
    { claim: 'ref', operator: 'eq', text: 'main' },
  ] as const
  expect(matchesClaims(terms, { sub: 'repo:shop/web', ref: 'main' })).toBe(true)
  expect(matchesClaims(terms, { sub: 'repo:shop/web', ref: 'other' })).toBe(false)
  expect(matchesClaims(terms, { sub: 'repo:else/web', ref: 'main' })).toBe(false)
  expect(matchesClaims(terms, { sub: 'repo:shop/web' })).toBe(false)
})
