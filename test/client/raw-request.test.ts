/** One request to an endpoint of any style, by hand. */

import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '@landfast/agent'
import { askEndpoint, describeRequest, readChallenge, readKeyFile } from '@landfast/client'
import { STYLE_NAMES } from '@landfast/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { startStyles } from '../agent/style-endpoints.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { startScripted, TOKEN_BODY } from './scripted-server.ts'

const RESOURCE = 'https://vault.azure.net'

test.each(STYLE_NAMES)(
  'in the style %s one question is one request, and its answer is whole',
  async (style) => {
    const keyFolder = `${temporaryFolder()}/tokens`
    const styles = await startStyles({
      clock: systemClock,
      ...(style === 'arc' && { endpoints: [{ style, port: 0, keyFolder }] }),
    })
    const question = { endpoint: styles.locationOf(style), resource: RESOURCE }
    let answer = await askEndpoint(question)
    if (style === 'arc') {
      expect(answer).toMatchObject({ status: 401, token: undefined, challenge: expect.any(String) })
      expect(answer.refusal).toMatch(/^unauthorized_client: /)
      const key = readKeyFile(readChallenge(answer.challenge ?? '', keyFolder), keyFolder)
      answer = await askEndpoint({ ...question, key })
    }
    expect(answer).toMatchObject({ status: 200, challenge: undefined, refusal: '' })
    expect(answer.token?.token).toBe(`token-1-for-${RESOURCE}`)
    expect(answer.fields).toMatchObject({ access_token: answer.token?.token, resource: RESOURCE })
  },
)

test('what is described is what is sent', async () => {
  const server = await startScripted(() => ({}))
  const endpoint = { style: 'arc', url: `${server.url}/a` } as const
  const described = describeRequest({ endpoint, resource: 'a b', key: 'the-key' })
  await askEndpoint({ endpoint, resource: 'a b', key: 'the-key' })
  const [asked] = server.asked
  expect(`${described.url.pathname}${described.url.search}`).toBe(asked?.target)
  expect(described.headers).toEqual({ Metadata: 'true', Authorization: 'Basic the-key' })
  expect(asked?.headers).toMatchObject({ metadata: 'true', authorization: 'Basic the-key' })
})

test('a failure is told in the endpoint\u2019s words without the secret, and not asked for again', async () => {
  const body = { error: 'server_error', error_description: 'not\nfor marked-secret' }
  const server = await startScripted(() => ({ status: 503, body }))
  const endpoint = { style: 'app-service', url: server.url, secret: 'marked-secret' } as const
  expect(await askEndpoint({ endpoint, resource: RESOURCE })).toEqual({
    status: 503,
    token: undefined,
    challenge: undefined,
    fields: body,
    refusal: 'server_error: not for ***',
  })
  expect(server.asked).toHaveLength(1)
})

test('an answer that does not come in time is given up', async () => {
  const server = await startScripted(() => undefined)
  const endpoint = { style: 'cloud-shell', url: server.url } as const
  await expect(askEndpoint({ endpoint, resource: RESOURCE, timeoutMs: 20 })).rejects.toMatchObject({
    code: 'endpoint_silent',
  })
})

test('so is a connection on which no certificate comes', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const endpoint = { style: 'service-fabric', url, secret: 's', thumbprint: 'AB'.repeat(20) } as const
  await expect(askEndpoint({ endpoint, resource: RESOURCE, timeoutMs: 20 })).rejects.toMatchObject({
    code: 'endpoint_silent',
    message: expect.stringContaining('no TLS within 0.02 s'),
  })
})

test.each([
  ['variable_invalid', { style: 'arc', url: 'http://192.0.2.1/a' }],
  ['variable_invalid', { style: 'app-service', url: 'https://127.0.0.1/a', secret: 's' }],
  ['variable_invalid', { style: 'app-service', url: 'http://127.0.0.1/a', secret: 's\n' }],
  ['option_invalid', { style: 'service-fabric', url: 'https://127.0.0.1/a', secret: 's' }],
] as const)('%s: nothing is sent to %o', async (code, endpoint) => {
  expect(() => describeRequest({ endpoint, resource: RESOURCE })).toThrow(expect.objectContaining({ code }))
  await expect(askEndpoint({ endpoint, resource: RESOURCE })).rejects.toMatchObject({ code })
})

test('in a folder that is named, key files are read as carefully as in the platform\u2019s', () => {
  const keyFolder = join(temporaryFolder(), 'tokens')
  mkdirSync(keyFolder, { mode: 0o750 })
  writeFileSync(join(keyFolder, 'a.key'), TOKEN_BODY.access_token)
  expect(readKeyFile(join(keyFolder, 'a.key'), keyFolder)).toBe('a-token')
  expect(() => readKeyFile('/etc/a.key', keyFolder)).toThrow(/key folder/)
  expect(() => readChallenge('Basic realm=/etc/a.key', keyFolder)).toThrow(/key folder/)
})

test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, 2 ** 31])('%d is no time to wait', async (timeoutMs) => {
  const endpoint = { style: 'cloud-shell', url: 'http://127.0.0.1:9/t' } as const
  await expect(askEndpoint({ endpoint, resource: RESOURCE, timeoutMs })).rejects.toMatchObject({
    code: 'option_invalid',
  })
})

test('the query of an endpoint that is posted to stays in its URL, and out of the form', () => {
  const endpoint = { style: 'cloud-shell', url: 'http://127.0.0.1:9/t?client_id=other' } as const
  const { url, body } = describeRequest({ endpoint, resource: RESOURCE })
  expect(url.search).toBe('?client_id=other')
  expect(body).toBe(`resource=${encodeURIComponent(RESOURCE)}`)
})
