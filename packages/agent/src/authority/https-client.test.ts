import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type Given, startAuthority } from '../../../../test/agent/authority.ts'
import { childCommand, startChild } from '../../../../test/agent/child.ts'
import { startDatedServer } from '../../../../test/agent/dated-server.ts'
import { createHttpsClient, type HttpsClient } from './https-client.ts'

const SIGNAL = new AbortController().signal

function client(ca: string): HttpsClient {
  const made = createHttpsClient(ca)
  onTestFinished(() => made.close())
  return made
}

async function setUp(given: Given = { json: { a: 1 } }) {
  const authority = await startAuthority()
  authority.answer = () => given
  const https = client(authority.registration.ca)
  return { authority, https, ask: () => https.send(`${authority.url}/x`, { signal: SIGNAL }) }
}

const UNAVAILABLE = { name: 'SourceError', failure: 'unavailable' }

test('an answer comes whole, with status, headers and body', async () => {
  const { ask } = await setUp({ status: 418, headers: { 'X-Other': 'y' }, json: { a: 1 } })
  expect(await ask()).toMatchObject({ status: 418, headers: { 'x-other': 'y' }, body: { a: 1 } })
})

test('a form is posted, without one the page is got', async () => {
  const { authority, https, ask } = await setUp()
  await ask()
  await https.send(`${authority.url}/y`, { form: { a: 'b c&d' }, signal: SIGNAL })
  expect(authority.seen.map(({ method, path, form }) => [method, path, form.get('a')])).toEqual([
    ['GET', '/x', null],
    ['POST', '/y', 'b c&d'],
  ])
})

test('the connection is kept for the next request', async () => {
  const { authority, ask } = await setUp()
  for (let request = 0; request < 5; request += 1) await ask()
  expect(authority.connections).toBe(1)
})

test('a connection that is not kept takes up the session of the one before', async () => {
  const { authority, https } = await setUp()
  const headers = { Connection: 'close' }
  for (let request = 0; request < 3; request += 1) {
    await https.send(`${authority.url}/x`, { headers, signal: SIGNAL })
  }
  expect([authority.connections, authority.resumed]).toEqual([3, 2])
})

test('a client that is told of another CA takes up no session of before', async () => {
  const authority = await startAuthority()
  const { ca } = authority.registration
  const https = createHttpsClient(ca)
  onTestFinished(() => https.close())
  const ask = () => https.send(`${authority.url}/x`, { headers: { Connection: 'close' }, signal: SIGNAL })
  await ask()
  https.trust(ca, false)
  await ask()
  expect([authority.connections, authority.resumed]).toEqual([2, 0])
})

test.each<[string, Given]>([
  ['HTML', { raw: '<html>' }],
  ['a list', { json: [1] }],
  ['null', { json: null }],
  ['a text', { json: 'text' }],
  ['nothing', { raw: '' }],
])('%s is no body', async (_, given) => {
  const { ask } = await setUp(given)
  expect((await ask()).body).toBeUndefined()
})

const HOUR = 3_600_000

test.each([
  [
    'not good yet',
    'CERT_NOT_YET_VALID',
    10,
    20,
    11,
    /from \S+Z to \S+Z, .* says \S+Z, 11 hours behind that of the server$/,
  ],
  ['over', 'CERT_HAS_EXPIRED', -20, -10, -11, /, 11 hours ahead of that of the server$/],
  ['over for both clocks', 'CERT_HAS_EXPIRED', -20, -10, 0, /, like that of the server$/],
])(
  'a certificate that is %s is told with its dates and both clocks',
  async (_, code, from, to, clock, text) => {
    const at = (hours: number) => new Date(Date.now() + hours * HOUR)
    const server = await startDatedServer({ notBefore: at(from), notAfter: at(to), serverTime: at(clock) })
    const sending = client(server.ca).send(`${server.url}/x`, { signal: SIGNAL })
    await expect(sending).rejects.toMatchObject({
      ...UNAVAILABLE,
      message: expect.stringMatching(text),
      cause: { code },
    })
  },
)

test('a redirect is not followed', async () => {
  const { authority, ask } = await setUp({ status: 302, headers: { Location: '/elsewhere' }, json: {} })
  expect((await ask()).status).toBe(302)
  expect(authority.seen).toHaveLength(1)
})

test('an answer that is too long is cut', async () => {
  const { ask } = await setUp({ raw: `"${'x'.repeat(1024 * 1024)}"` })
  await expect(ask()).rejects.toMatchObject({ ...UNAVAILABLE, cause: { message: 'the answer is too long' } })
})

test.each<[string, Record<string, string>]>([
  ['a length', { 'Content-Length': '1000' }],
  ['no length', {}],
])('an answer of %s that is cut off is none', async (_, headers) => {
  const { ask } = await setUp({ headers, cut: true })
  await expect(ask()).rejects.toMatchObject(UNAVAILABLE)
})

test('an authority that is down is named by its address, without path or query', async () => {
  const { authority, https } = await setUp()
  await authority.stop()
  const asked = https.send(`${authority.url}/secret-path?x=secret`, { signal: SIGNAL })
  await expect(asked).rejects.toMatchObject({
    ...UNAVAILABLE,
    message: expect.stringContaining(`no answer from "${authority.url}"`),
    cause: { code: 'ECONNREFUSED' },
  })
  await expect(asked).rejects.not.toThrow('secret')
})

test('an authority that never answers is given up when the signal says so', async () => {
  const { authority, https } = await setUp()
  const silent = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => silent.once('listening', resolve))
  onTestFinished(() => void silent.close())
  const { port } = silent.address() as { port: number }
  const giveUp = new AbortController()
  const asked = https.send(`https://127.0.0.1:${port}/`, { signal: giveUp.signal })
  silent.once('connection', (socket) => {
    onTestFinished(() => void socket.destroy())
    giveUp.abort()
  })
  await expect(asked).rejects.toMatchObject(UNAVAILABLE)
  expect(authority.seen).toHaveLength(0)
})

test('an authority of another CA is not asked', async () => {
  const [first, second] = [await setUp(), await setUp()]
  const asked = client(second.authority.registration.ca).send(`${first.authority.url}/x`, { signal: SIGNAL })
  await expect(asked).rejects.toMatchObject(UNAVAILABLE)
  expect(first.authority.seen).toHaveLength(0)
})

test('an authority under another name than its certificate\u2019s is not asked', async () => {
  const { authority, https } = await setUp()
  const url = `${authority.url.replace('127.0.0.1', '127.0.0.2')}/x`
  await expect(https.send(url, { signal: SIGNAL })).rejects.toMatchObject(UNAVAILABLE)
  expect(authority.seen).toHaveLength(0)
})

const HOSTILE = {
  NODE_TLS_REJECT_UNAUTHORIZED: '0',
  NODE_NO_WARNINGS: '1',
  NODE_USE_ENV_PROXY: '1',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  HTTP_PROXY: 'http://127.0.0.1:9',
}

test('no variable of the environment weakens it, or leads it through a proxy', async () => {
  const [right, wrong] = [await setUp(), await setUp()]
  const ask = (ca: string) =>
    startChild(childCommand('https-asker.ts', `${right.authority.url}/x`, ca), {
      env: { ...process.env, ...HOSTILE },
    }).read()
  const [trusted, distrusted] = await Promise.all([
    ask(right.authority.registration.ca),
    ask(wrong.authority.registration.ca),
  ])
  expect(trusted).toEqual({ status: 200 })
  expect(distrusted).toMatchObject({ failure: 'unavailable', cause: expect.stringMatching(/CERT|SIGNATURE/) })
})
