import { request } from 'node:https'
import { json } from 'node:stream/consumers'
import { JWT_BEARER } from '@landfast/protocol'
import { createProxies, parseProxyUrl } from '@landfast/server/proxy'
import { SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { startConnectProxy } from '../../../../test/proxy/connect-proxy.ts'
import { checkOptions } from '../options.ts'
import { createApplication, newApplication } from '../registry/applications.ts'
import { putFederatedCredential } from '../registry/federated-credentials.ts'
import { startControlPlane } from '../running-control-plane.ts'
import { answerAsIssuer, HOST, startForeignServer } from '../testing/foreign-server.ts'
import { makeIssuerKey } from '../testing/issuer-keys.ts'
import { temporaryFolder } from '../testing/trial.ts'

/** Sends a form; the status of the answer. */
async function post(url: string, form: Record<string, string>): Promise<[number | undefined, unknown]> {
  const { promise, resolve, reject } = Promise.withResolvers<[number | undefined, unknown]>()
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
  request(url, { method: 'POST', headers, rejectUnauthorized: false, agent: false }, (answer) => {
    json(answer).then((body) => resolve([answer.statusCode, body]), reject)
  })
    .on('error', reject)
    .end(new URLSearchParams(form).toString())
  return await promise
}

test('a token of an issuer that is behind the proxy alone proves its client', async () => {
  const key = await makeIssuerKey('k1')
  const server = await startForeignServer((asked, response) => {
    answerAsIssuer(() => ({ issuer: server.origin, keys: [{ ...key.jwk, alg: 'ES256' }] }))(asked, response)
  })
  const { origin: issuer, ca } = server
  const proxy = await startConnectProxy({ port: Number(new URL(issuer).port) })
  const running = await startControlPlane(
    checkOptions({
      stateFolder: await temporaryFolder(),
      foreignIssuers: { [issuer]: { ca } },
      proxies: createProxies({ proxy: parseProxyUrl(proxy.url), bypass: '' }, {}),
    }),
  )
  onTestFinished(() => running.close())
  const { storage, tenantId, url } = running
  const application = newApplication({ tenantId, displayName: 'job', time: new Date() })
  const { principalId, clientId } = application
  await storage.change(async (trx) => {
    await createApplication(trx, application)
    const trust = { principalId, name: 'job', issuer, subject: 'the-job', time: new Date() }
    await putFederatedCredential(trx, trust)
  })
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .setIssuer(issuer)
    .setSubject('the-job')
    .setAudience('api://AzureADTokenExchange')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(key.privateKey)
  const [status, body] = await post(`${url}/${tenantId}/oauth2/v2.0/token`, {
    ...{ grant_type: 'client_credentials', client_id: clientId, scope: 'https://vault.azure.net/.default' },
    ...{ client_assertion_type: JWT_BEARER, client_assertion: assertion },
  })
  expect([status, body]).toMatchObject([200, { token_type: 'Bearer' }])
  expect(proxy.asked.map(({ target }) => target.split(':')[0])).toEqual([HOST, HOST])
})
