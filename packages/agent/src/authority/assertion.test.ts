import { constants, createHash, createPublicKey, verify, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { startAuthority } from '../../../../test/agent/authority.ts'
import type { Registration } from '../machine/registration.ts'
import { createAssertionSigner } from './assertion.ts'

const REQUEST = { url: 'https://login.example/t/oauth2/v2.0/token', nowSeconds: 1_800_000_000 }

function decode(part = ''): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}

function signer({ certificate, privateKey, identity }: Registration) {
  return createAssertionSigner({ clientId: identity.clientId, certificate, privateKey })
}

test('an assertion names the machine, the endpoint and its certificate, for five minutes', async () => {
  const { registration } = await startAuthority()
  const [header, claims] = signer(registration)(REQUEST).split('.')
  const der = new X509Certificate(registration.certificate).raw
  expect(decode(header)).toEqual({
    alg: 'PS256',
    typ: 'JWT',
    'x5t#S256': createHash('sha256').update(der).digest('base64url'),
  })
  expect(decode(claims)).toEqual({
    aud: REQUEST.url,
    iss: registration.identity.clientId,
    sub: registration.identity.clientId,
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    iat: REQUEST.nowSeconds,
    nbf: REQUEST.nowSeconds - 300,
    exp: REQUEST.nowSeconds + 300,
  })
})

test('its signature is that of the machine\u2019s key, and it is never the same twice', async () => {
  const { registration } = await startAuthority()
  const sign = signer(registration)
  const assertions = [sign(REQUEST), sign(REQUEST)]
  for (const assertion of assertions) {
    const [header, claims, signature = ''] = assertion.split('.')
    const key = {
      key: createPublicKey(registration.certificate),
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: 32,
    }
    expect(
      verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url')),
    ).toBe(true)
  }
  expect(new Set(assertions.map((one) => decode(one.split('.')[1]).jti)).size).toBe(2)
})
