import { WireError } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { AuthorityError } from '../packages/control-plane/src/authority/authority-error.ts'
import type { ClientReport } from './client-report.ts'
import { type Counted, type ExpectedToken, faultOf, faultOfVersion } from './verdict.ts'

const TOKEN: ExpectedToken = {
  principalId: 'p',
  resourceId: '/r',
  resource: 'https://a',
  endsBetween: [100, 200],
}
const COUNTED: Counted = { granted: 1, fetched: 1 }
const REPORT: ClientReport = {
  client: 'c',
  version: '1',
  outcome: 'token',
  calls: 1,
  claims: { oid: 'p', aud: 'https://a', xms_mirid: '/r' },
  expiresOn: 150,
  error: null,
  seconds: 0.1,
}

function faultWith(changes: Partial<ClientReport>, counted = COUNTED): string | undefined {
  const expected = { outcome: 'token', granted: 1, fetched: 1 } as const
  return faultOf({ ...REPORT, ...changes }, expected, { token: TOKEN, counted })
}

test('the token that was to come is no fault', () => {
  expect(faultWith({})).toBeUndefined()
})

test('a client that does not tell when its token ends is not at fault', () => {
  const { expiresOn: _, ...untold } = REPORT
  const expected = { outcome: 'token' } as const
  expect(faultOf(untold, expected, { token: TOKEN, counted: COUNTED })).toBeUndefined()
})

test.each<[string, Partial<ClientReport>, RegExp]>([
  ['of another identity', { claims: { oid: 'q', aud: 'https://a' } }, /another identity/],
  [
    'of another Azure resource',
    { claims: { oid: 'p', aud: 'https://a', xms_mirid: '/s' } },
    /of the resource "\/s"/,
  ],
  [
    'for another audience',
    { claims: { oid: 'p', aud: 'https://b', xms_mirid: '/r' } },
    /is for "https:\/\/b"/,
  ],
  ['that ends too early', { expiresOn: 99 }, /not between 100 and 200/],
  ['that ends too late', { expiresOn: 201 }, /not between/],
  ['without an end', { expiresOn: null }, /not between/],
])('a token %s is a fault', (_, changes, sentence) => {
  expect(faultWith(changes)).toMatch(sentence)
})

test('a token too many is a fault, whether the client asked for it or the agent did', () => {
  expect(faultWith({}, { granted: 2, fetched: 1 })).toBe('2 tokens were granted, not 1')
  expect(faultWith({}, { granted: 1, fetched: 2 })).toBe('2 tokens were fetched, not 1')
})

test('an error where a token was due is told in the client\u2019s words', () => {
  expect(faultWith({ outcome: 'error', claims: null, error: 'no\n  luck' })).toBe('no token: no luck')
})

test('where no agent is asked, nothing is said of what is upstream of it', () => {
  expect(faultWith({}, { granted: 1 })).toBeUndefined()
})

function faultOfDenial(changes: Partial<ClientReport>): string | undefined {
  const expected = { outcome: 'error', code: 'policy_denied' } as const
  return faultOf({ ...REPORT, ...changes }, expected, { token: TOKEN, counted: COUNTED })
}

test('a refusal has to show our sentence, in whatever quotes the client puts it', () => {
  const { message } = new WireError('policy_denied')
  expect(faultOfDenial({ outcome: 'error', claims: null, error: `it said "${message}"` })).toBeUndefined()
  expect(faultOfDenial({ outcome: 'error', claims: null, error: 'access denied' })).toMatch(
    /our sentence is not shown, but: access denied/,
  )
  expect(faultOfDenial({})).toMatch(/there was a token/)
})

test('a refusal of the authority has to show its number and its sentence', () => {
  const expected = { outcome: 'error', refusal: 'assertion_out_of_time' } as const
  const faultOfRefusal = (error: string) =>
    faultOf({ ...REPORT, outcome: 'error', claims: null, error }, expected, {
      token: TOKEN,
      counted: COUNTED,
    })
  const { message } = new AuthorityError('assertion_out_of_time')
  expect(
    faultOfRefusal(`AADSTS700024: ${message[0]?.toUpperCase()}${message.slice(1)}. Trace ID: 1`),
  ).toBeUndefined()
  expect(faultOfRefusal(message)).toMatch(/our sentence is not shown/)
})

test('a program with another version than the one that is tried is a fault, whatever came of it', () => {
  const reports = [REPORT, { ...REPORT, version: '2', outcome: 'unsupported' as const }]
  expect(faultOfVersion([REPORT], REPORT.version)).toBeUndefined()
  expect(faultOfVersion(reports, REPORT.version)).toBe('the program has version 2 of the client')
})

test.each<[string, Counted['faulty'], string | undefined]>([
  ['refused', { challenges: 1, keys: 0 }, undefined],
  [
    'answered with the key',
    { challenges: 1, keys: 1 },
    'the client sent a key of a file that it should refuse',
  ],
  ['never met', { challenges: 0, keys: 0 }, 'the client met no challenge'],
])('whether a challenge with a faulty key file was %s is seen by what was asked', (_, faulty, sentence) => {
  const report = { ...REPORT, outcome: 'error', claims: null, error: 'in words of its own' } as const
  const counted = { ...COUNTED, ...(faulty && { faulty }) }
  expect(faultOf(report, { outcome: 'error', keyStays: true }, { token: TOKEN, counted })).toBe(sentence)
})
