import { expect, test } from 'vitest'
import { judgeMet } from './own-failure.ts'

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
