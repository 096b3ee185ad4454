import { expect, test } from 'vitest'
import { ANY_NONCE, succeedNonce } from './nonce-succession.ts'

const KEPT = { nonce: 'new', previousNonce: 'old' }

test.each(['new', 'old'])('who brings "%s", one of the two kept, goes on with the fresh one', (presented) => {
  expect(succeedNonce(KEPT, { presented, fresh: 'fresh' })).toEqual({
    nonce: 'fresh',
    previousNonce: presented,
  })
})

test.each(['', 'older', 'NEW', 'null'])('who brings "%s" is a copy', (presented) => {
  expect(succeedNonce(KEPT, { presented, fresh: 'fresh' })).toBeUndefined()
})

test('before the first heartbeat only the nonce of enrolment is good', () => {
  const first = { nonce: 'new', previousNonce: null }
  expect(succeedNonce(first, { presented: 'null', fresh: 'fresh' })).toBeUndefined()
  expect(succeedNonce(first, { presented: 'new', fresh: 'fresh' })).toBeDefined()
})

test('after a restored backup the next heartbeat may bring anything, and the one after it nothing but an answer', () => {
  const restored = { nonce: ANY_NONCE, previousNonce: null }
  const next = succeedNonce(restored, { presented: 'lost', fresh: 'fresh' })
  expect(next).toEqual({ nonce: 'fresh', previousNonce: 'lost' })
  expect(next && succeedNonce(next, { presented: 'other', fresh: 'x' })).toBeUndefined()
})
