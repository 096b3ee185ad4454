import { CLOCK_SKEW_SECONDS } from '@landfast/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkAssertionClaims } from './assertion-claims.ts'
import { AuthorityError } from './authority-error.ts'

const NOW = 1_800_000_000.5
const CLIENT = '6f2d0f3c-0a52-4b52-9a1e-0d5e5a1f6b11'
const AUDIENCE = 'https://127.0.0.1:8443/t/oauth2/v2.0/token'
const EXPECTED = { clientId: CLIENT, audiences: [AUDIENCE], nowSeconds: NOW }
const GOOD = { aud: AUDIENCE, iss: CLIENT, sub: CLIENT, jti: 'j', iat: NOW, nbf: NOW, exp: NOW + 600 }

function codeOf(claims: Record<string, unknown>): string {
  try {
    checkAssertionClaims(claims, EXPECTED)
    return 'good'
  } catch (error) {
    if (error instanceof AuthorityError) return error.code
    throw error
  }
}

test('a good assertion gives its jti and the time from which its age refuses it', () => {
  const refusedFrom = NOW + 600 + CLOCK_SKEW_SECONDS
  expect(checkAssertionClaims(GOOD, EXPECTED)).toEqual({ jti: 'j', refusedFrom })
})

const CASES: [what: string, changes: Record<string, unknown>, code: string][] = [
  ['an upper-case client id', { iss: CLIENT.toUpperCase(), sub: CLIENT.toUpperCase() }, 'good'],
  ['a list of one audience', { aud: [AUDIENCE] }, 'good'],
  ['a list of two audiences', { aud: [AUDIENCE, AUDIENCE] }, 'audience_wrong'],
  ['an audience with a slash added', { aud: `${AUDIENCE}/` }, 'audience_wrong'],
  ['no time but its end', { iat: undefined, nbf: undefined }, 'good'],
  [
    'the last moment of its end',
    { iat: NOW - 600, nbf: NOW - 600, exp: NOW - CLOCK_SKEW_SECONDS + 0.25 },
    'good',
  ],
  [
    'an end just too old',
    { iat: NOW - 600, nbf: NOW - 600, exp: NOW - CLOCK_SKEW_SECONDS },
    'assertion_out_of_time',
  ],
  ['a beginning just near enough', { nbf: NOW + CLOCK_SKEW_SECONDS }, 'good'],
  ['a beginning just too far', { nbf: NOW + CLOCK_SKEW_SECONDS + 0.25 }, 'assertion_out_of_time'],
  ['the longest life', { exp: NOW + 600 + CLOCK_SKEW_SECONDS }, 'good'],
  ['a life just too long', { exp: NOW + 600.25 + CLOCK_SKEW_SECONDS }, 'assertion_malformed'],
  ['a long life hidden behind a late nbf', { iat: NOW - 86_400 }, 'assertion_malformed'],
  ['an end that is text', { exp: String(NOW) }, 'assertion_malformed'],
  ['a beginning that is null', { nbf: null }, 'assertion_malformed'],
  [
    'a long life without a beginning',
    { iat: undefined, nbf: undefined, exp: NOW + 600.25 + CLOCK_SKEW_SECONDS },
    'assertion_malformed',
  ],
  ['an end that never comes', { exp: Number.POSITIVE_INFINITY }, 'assertion_malformed'],
  ['an end that is no number', { exp: Number.NaN }, 'assertion_malformed'],
  ['the longest jti', { jti: 'j'.repeat(256) }, 'good'],
  ['no jti', { jti: undefined }, 'assertion_malformed'],
  ['an empty jti', { jti: '' }, 'assertion_malformed'],
  ['a jti that is no text', { jti: 7 }, 'assertion_malformed'],
  ['a jti just too long', { jti: 'j'.repeat(257) }, 'assertion_malformed'],
  ['an issuer that is another client', { iss: '0d5e5a1f-6b11-4b52-9a1e-6f2d0f3c0a52' }, 'client_mismatch'],
  ['a subject that is another client', { sub: '0d5e5a1f-6b11-4b52-9a1e-6f2d0f3c0a52' }, 'client_mismatch'],
]
for (const [what, changes, code] of CASES) {
  test(`${what}: ${code}`, () => {
    expect(codeOf({ ...GOOD, ...changes })).toBe(code)
  })
}

test('no claims whatever get through but with every check, and none crash it', () => {
  const claim = fc.oneof(fc.anything(), fc.constantFrom(...Object.values(GOOD)), fc.double())
  const keys = Object.keys(GOOD) as (keyof typeof GOOD)[]
  const claims = fc.record(Object.fromEntries(keys.map((key) => [key, claim])), { requiredKeys: [] })
  fc.assert(
    fc.property(claims, (changed) => {
      if (codeOf(changed) !== 'good') return
      expect(changed).toMatchObject({ iss: CLIENT, sub: CLIENT })
      expect([changed.aud].flat()).toEqual([AUDIENCE])
      expect(Number(changed.exp) + CLOCK_SKEW_SECONDS).toBeGreaterThan(NOW)
      expect(changed.jti).toBeTypeOf('string')
    }),
  )
})
