import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { registerTrialMachine, send, startTrial } from '../testing/trial.ts'

test('each document states its own issuer, and URLs of its own origin whatever the Host header says', async () => {
  const { controlPlane, registry } = await startTrial()
  const { identity } = await registerTrialMachine({ registry })
  const base = `${controlPlane.url}/${identity.tenantId}`
  const headers = { Host: 'evil.example' }
  const v2 = await send(controlPlane, `${base}/v2.0/.well-known/openid-configuration`, { headers })
  expect(v2.body).toMatchObject({
    issuer: `${base}/v2.0`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
  })
  const v1 = await send(controlPlane, `${base}/.well-known/openid-configuration`, { headers })
  expect(v1.body).toMatchObject({
    issuer: `${base}/`,
    token_endpoint: `${base}/oauth2/token`,
    authorization_endpoint: `${base}/oauth2/authorize`,
    jwks_uri: `${base}/discovery/keys`,
  })
})

test('the v1 document states the issuer that the options give', async () => {
  const { controlPlane, registry } = await startTrial({
    issuerV1: (tenant) => `https://sts.windows.net/${tenant}/`,
  })
  const { tenantId } = (await registerTrialMachine({ registry })).identity
  const url = `${controlPlane.url}/${tenantId}/.well-known/openid-configuration`
  expect((await send(controlPlane, url)).body.issuer).toBe(`https://sts.windows.net/${tenantId}/`)
})

for (const issuer of [
  'http://id.example.com/',
  'https://id.example.com/?t=1',
  'https://u@id.example.com/',
  'id',
  '',
]) {
  test(`no control plane starts as the issuer "${issuer}", which no verifier could ask`, async () => {
    await expect(startTrial({ issuerV1: () => issuer })).rejects.toThrow(
      'the option "issuerV1" must give an https',
    )
  })
}

test('the key documents hold the public key with its certificate, and no private part', async () => {
  const { controlPlane, registry } = await startTrial()
  const { tenantId } = (await registerTrialMachine({ registry })).identity
  for (const path of ['/discovery/keys', '/discovery/v2.0/keys']) {
    const { body } = await send(controlPlane, `${controlPlane.url}/${tenantId}${path}`)
    const [key] = body.keys
    expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use', 'x5c', 'x5t'])
    const certificate = new X509Certificate(Buffer.from(key.x5c[0], 'base64'))
    expect(certificate.publicKey.export({ format: 'jwk' }).n).toBe(key.n)
    const sha1 = certificate.fingerprint.replaceAll(':', '')
    expect([key.kid, key.x5t]).toEqual(Array(2).fill(Buffer.from(sha1, 'hex').toString('base64url')))
  }
})

test('another tenant has no documents here', async () => {
  const { controlPlane } = await startTrial()
  for (const tenant of ['%zz', 'consumers', '6f2d0f3c-0a52-4b52-9a1e-0d5e5a1f6b11', 'x'.repeat(300)]) {
    const url = `${controlPlane.url}/${tenant}/v2.0/.well-known/openid-configuration`
    const { status, body } = await send(controlPlane, url)
    expect([status, body.error]).toEqual([400, tenant === '%zz' ? 'invalid_request' : 'invalid_tenant'])
  }
})

test('clients that do not know the tenant yet read its documents at "common" and "organizations"', async () => {
  const { controlPlane, registry } = await startTrial()
  const { tenantId } = (await registerTrialMachine({ registry })).identity
  for (const path of ['/v2.0/.well-known/openid-configuration', '/discovery/v2.0/keys']) {
    const own = await send(controlPlane, `${controlPlane.url}/${tenantId}${path}`)
    for (const tenant of ['common', 'organizations']) {
      expect((await send(controlPlane, `${controlPlane.url}/${tenant}${path}`)).body).toEqual(own.body)
    }
  }
  const token = await send(controlPlane, `${controlPlane.url}/common/oauth2/v2.0/token`, { form: {} })
  expect(token.body.error).toBe('invalid_tenant')
})

test('the host of the authority vouches for itself to clients that ask', async () => {
  const { controlPlane, registry } = await startTrial()
  const { tenantId } = (await registerTrialMachine({ registry })).identity
  const { host } = new URL(controlPlane.url)
  const query = new URLSearchParams({
    'api-version': '1.1',
    authorization_endpoint: `${controlPlane.url}/${tenantId}/oauth2/v2.0/authorize`,
  })
  const { status, body } = await send(controlPlane, `${controlPlane.url}/common/discovery/instance?${query}`)
  expect([status, body]).toEqual([
    200,
    {
      'api-version': '1.1',
      tenant_discovery_endpoint: `${controlPlane.url}/${tenantId}/v2.0/.well-known/openid-configuration`,
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    },
  ])
})
