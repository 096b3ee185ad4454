import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { ONBOARDING_PATH, proofClaims, thumbprintInput } from './onboarding.ts'

test('a proof is about one key, for one URL and five minutes', () => {
  const url = `https://h${ONBOARDING_PATH.enrol}`
  expect(proofClaims({ url, thumbprint: 't', jti: 'j', nowSeconds: 1000 })).toEqual({
    aud: 'https://h/landfast/v1/enrol',
    jkt: 't',
    jti: 'j',
    iat: 1000,
    exp: 1300,
  })
})

test('the key of RFC 7638, section 3.1, has the thumbprint that is given there', () => {
  const jwk = {
    kty: 'RSA',
    n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
    e: 'AQAB',
    alg: 'RS256',
    kid: '2011-04-29',
  }
  const digest = createHash('sha256').update(thumbprintInput(jwk)).digest('base64url')
  expect(digest).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
})

test('of an EC key, curve and point count, in the order of their names', () => {
  const jwk = { y: 'b', kty: 'EC', x: 'a', crv: 'P-256', use: 'sig' }
  expect(thumbprintInput(jwk)).toBe('{"crv":"P-256","kty":"EC","x":"a","y":"b"}')
})

test.each([
  {},
  { kty: 'RSA', n: 'n' },
  { kty: 'RSA', e: 'e' },
  { n: 'n', e: 'e' },
  { kty: 'EC', crv: 'P-256', x: 'x' },
  { kty: 'EC', crv: 'P-256', y: 'y' },
  { kty: 'EC', x: 'x', y: 'y' },
  { crv: 'P-256', x: 'x', y: 'y' },
  { kty: 'OKP', crv: 'P-256', x: 'x', y: 'y' },
  { kty: 'OKP', crv: 'Ed25519', x: 'x' },
])('%j has no thumbprint', (jwk) => {
  expect(() => thumbprintInput(jwk)).toThrow(TypeError)
})
