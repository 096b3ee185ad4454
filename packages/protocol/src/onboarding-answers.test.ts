import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  readEnrolment,
  readHeartbeatAnswer,
  readOnboardingRefusal,
  readRenewal,
} from './onboarding-answers.ts'

const ASSIGNED = { clientId: 'c', principalId: 'p', resourceId: 'r' }
const ENROLMENT = {
  authority: 'https://h/t',
  identity: { tenantId: 't', ...ASSIGNED },
  certificate: 'pem',
  nonce: 'n',
  location: 'l',
}
const BEAT = { nonce: 'n', nextHeartbeatSeconds: 300, identities: [ASSIGNED] }
const REFUSAL = { error: { code: 'MachineDeleted', message: 'm' } }

test.each([
  ['an enrolment', readEnrolment, ENROLMENT, ENROLMENT],
  ['a renewal', readRenewal, { certificate: 'pem' }, { certificate: 'pem' }],
  ['a heartbeat', readHeartbeatAnswer, BEAT, BEAT],
  [
    'a heartbeat without identities',
    readHeartbeatAnswer,
    { ...BEAT, identities: [] },
    { ...BEAT, identities: [] },
  ],
  [
    'a heartbeat with tags',
    readHeartbeatAnswer,
    { ...BEAT, tags: { a: 'b' } },
    { ...BEAT, tags: { a: 'b' } },
  ],
  [
    'a heartbeat whose health is kept',
    readHeartbeatAnswer,
    { ...BEAT, healthTaken: true },
    { ...BEAT, healthTaken: true },
  ],
  [
    'a heartbeat of which nobody can say whether its health is kept',
    readHeartbeatAnswer,
    { ...BEAT, healthTaken: 'perhaps' },
    BEAT,
  ],
  ['a refusal', readOnboardingRefusal, REFUSAL, REFUSAL.error],
  [
    'an unknown refusal',
    readOnboardingRefusal,
    { error: { code: 'New', message: 'm' } },
    { code: undefined, message: 'm' },
  ],
] as const)('the answer to %s is read, and what is new in it left out', (_what, read, body, expected) => {
  expect(read({ ...body, added: 1 })).toEqual(expected)
})

/** The same body without one of its parts, at any depth, or with a part of another type. */
function* damaged(body: Record<string, unknown>): Generator<Record<string, unknown>> {
  for (const [name, value] of Object.entries(body)) {
    const { [name]: _gone, ...rest } = body
    yield rest
    for (const wrong of [null, '', [7], {}]) yield { ...body, [name]: wrong }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const inner of damaged(value as Record<string, unknown>)) yield { ...body, [name]: inner }
    }
  }
}

for (const [what, read, body] of [
  ['an enrolment', readEnrolment, ENROLMENT],
  ['a renewal', readRenewal, { certificate: 'pem' }],
  ['a heartbeat', readHeartbeatAnswer, BEAT],
  ['a refusal', readOnboardingRefusal, REFUSAL],
] as const) {
  test(`nothing is read of the answer to ${what} if a part of it is missing or of another type`, () => {
    for (const wrong of damaged(body)) expect([wrong, read(wrong)]).toEqual([wrong, undefined])
  })

  test(`whatever comes as ${what}, reading it does not throw`, () => {
    fc.assert(fc.property(fc.anything(), (value) => void read(value)))
  })
}

test.each([0, -1, 1.5, 86_401, '300', Number.NaN])('%j puts off no heartbeat', (nextHeartbeatSeconds) => {
  expect(readHeartbeatAnswer({ ...BEAT, nextHeartbeatSeconds })).toBeUndefined()
})

test('one malformed identity spoils the answer: half of them could look like an unassignment', () => {
  expect(readHeartbeatAnswer({ ...BEAT, identities: [ASSIGNED, { clientId: 'c' }] })).toBeUndefined()
})

test.each([null, 'a:b', [], ['a'], { a: 1 }, { a: null }, { a: { b: 'c' } }])('%j are no tags', (tags) => {
  expect(readHeartbeatAnswer({ ...BEAT, tags })).toBeUndefined()
})
