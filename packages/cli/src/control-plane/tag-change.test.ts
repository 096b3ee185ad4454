import { expect, test } from 'vitest'
import { readTagChange } from './tag-change.ts'

test('tags are given by name and value, and taken away by their name', () => {
  expect(readTagChange(['env=prod', 'note=a=b', 'empty='], ['old'])).toEqual({
    set: { env: 'prod', note: 'a=b', empty: '' },
    remove: ['old'],
  })
})

test.each([
  [[], [], 'argument_missing'],
  [['env'], [], 'argument_invalid'],
  [['=x'], [], 'argument_invalid'],
  [['env=a', 'ENV=b'], [], 'argument_invalid'],
  [['env=a'], ['Env'], 'argument_invalid'],
] as const)('%j with --remove %j is refused', (given, remove, code) => {
  expect(() => readTagChange(given, remove)).toThrow(expect.objectContaining({ code }))
})
