import { expect, test } from 'vitest'
import { ENTRIES_MAX } from '../../packages/emulator/src/requests/request-log.ts'
import { countRequests } from './request-count.ts'

const ANSWER = { isAnswerToChallenge: true }
const STANDING = [{ struck: 48_000 }]

test('requests for a challenge are not counted, and a challenge that was struck is none for a token', () => {
  const requests = [{ isAnswerToChallenge: false }, ANSWER]
  expect(countRequests(requests, { standing: STANDING, style: 'arc' })).toBe(1)
  expect(countRequests(requests, { standing: STANDING, style: 'vm' })).toBe(2)
})

test('where the emulator has forgotten requests, they are counted by the fault that struck them', () => {
  const requests = Array.from({ length: ENTRIES_MAX }, () => ANSWER)
  expect(countRequests(requests, { standing: STANDING, style: 'arc' })).toBe(48_000)
  expect(countRequests(requests, { standing: [], style: 'arc' })).toBe(ENTRIES_MAX)
})
