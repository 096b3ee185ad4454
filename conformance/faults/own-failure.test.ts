import { expect, test } from 'vitest'
import { judgeMet } from './own-failure.ts'
import { countRequests } from './request-count.ts'

const MET = { outcome: 'error', seconds: 1, requests: 2, message: 'said the client' } as const

test('a failure that the emulator was told to have tells what the client does', () => {
  expect(
    judgeMet(MET, [
      { status: 503, fault: 'status' },
      { status: 401, fault: 'key-refused' },
    ]),
  ).toEqual(MET)
})

test.each([undefined, 'key-refused'])(
  'a failure of the emulator itself tells nothing of the client (%s)',
  (fault) => {
    expect(judgeMet(MET, [{ status: 503, fault }])).toEqual({
      ...MET,
      outcome: 'broken',
      message: 'the emulator itself failed, with status 503',
    })
  },
)

test('requests that the emulator has forgotten are counted by the fault that struck them', () => {
  const requests = [{ isAnswerToChallenge: true }, { isAnswerToChallenge: false }]
  const struck = 48_000
  const refused = [{ fault: { kind: 'key-refused' }, struck }] as const
  const spoiled = [{ fault: { kind: 'key-file-missing' }, struck }] as const
  expect(countRequests(requests, { standing: refused, style: 'arc' })).toBe(48_000)
  expect(countRequests(requests, { standing: spoiled, style: 'arc' })).toBe(1)
  expect(countRequests(requests, { standing: [], style: 'vm' })).toBe(2)
})
