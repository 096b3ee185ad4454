import { createHash, generateKeyPairSync } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
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

test.each([
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey],
  ['EC', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey],
])('the thumbprint of an %s key is that of RFC 7638', async (_kind, key) => {
  const jwk = key.export({ format: 'jwk' })
  const thumbprint = createHash('sha256')
    .update(thumbprintInput({ ...jwk, use: 'sig' } as object))
    .digest('base64url')
  expect(thumbprint).toBe(await calculateJwkThumbprint(jwk, 'sha256'))
})

test.each([
  {},
  { kty: 'RSA', n: 'n' },
  { kty: 'EC', crv: 'P-256', x: 'x' },
  { kty: 'OKP', crv: 'Ed25519', x: 'x' },
])('%j has no thumbprint', (jwk) => {
  expect(() => thumbprintInput(jwk)).toThrow(TypeError)
})
