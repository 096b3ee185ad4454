import { expect, test } from 'vitest'
import { isPlainJson } from './json-body.ts'

const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth))

test.each([null, 1, '', 'a', {}, { a: [{ b: 'c\n' }] }, nested(64)])('%j is plain', (value) =>
  expect(isPlainJson(value)).toBe(true),
)

test.each(['\0', ['a\0'], { 'a\0': 1 }, { a: { b: '\0' } }, nested(66), { a: nested(65) }])(
  '%j is not',
  (value) => expect(isPlainJson(value)).toBe(false),
)

test('it does not matter how deep', () => expect(isPlainJson(nested(30_000))).toBe(false))
