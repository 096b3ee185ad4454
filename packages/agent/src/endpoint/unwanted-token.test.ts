import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { isUnwanted } from './unwanted-token.ts'

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex')

test.each([
  ['a plain request takes any', { bypassCache: false, refusedTokenHash: undefined }, false],
  ['one that bypasses the cache takes none', { bypassCache: true, refusedTokenHash: undefined }, true],
  ['one that names the token does not take it', { bypassCache: false, refusedTokenHash: hashOf('t') }, true],
  ['one that names another token takes it', { bypassCache: false, refusedTokenHash: hashOf('u') }, false],
])('%s', (_, request, expected) => {
  expect(isUnwanted(request, 't')).toBe(expected)
})
