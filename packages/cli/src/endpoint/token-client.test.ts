import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { requestToken } from './token-client.ts'

const GRANTED = { access_token: 't', expires_in: '3600' }

type Reply = (request: IncomingMessage, response: ServerResponse) => void

let folder: string
let server: Server
let replies: Reply[]
let seen: IncomingMessage[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfast-test-'))
  await writeFile(join(folder, 'k.key'), 'the-key')
  replies = []
  seen = []
  server = createServer((request, response) => {
    seen.push(request)
    const reply = replies.shift() ?? (() => response.destroy())
    reply(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/t`
const json =
  (status: number, body: unknown, headers = {}): Reply =>
  (_request, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body))
  }
const challenge = (file = join(folder, 'k.key')): Reply =>
  json(401, { error: 'unauthorized_client' }, { 'Www-Authenticate': `Basic realm=${file}` })
const ask = (style: 'arc' | 'app-service', deadlineMilliseconds = 10_000) =>
  requestToken(style === 'arc' ? { style, url: url() } : { style, url: url(), secret: 'hush' }, {
    resource: 'https://a b',
    keyFolder: folder,
    deadlineMilliseconds,
  })

test('App Service: the secret goes in its header, the resource once escaped', async () => {
  replies = [json(200, GRANTED)]
  expect(await ask('app-service')).toEqual(GRANTED)
  expect(seen[0]?.headers['x-identity-header']).toBe('hush')
  expect(seen[0]?.url).toBe('/t?api-version=2019-08-01&resource=https%3A%2F%2Fa+b')
})

test('Arc: the challenge is answered with the content of the key file', async () => {
  replies = [challenge(), json(200, GRANTED)]
  expect(await ask('arc')).toEqual(GRANTED)
  expect(seen.map((request) => request.headers.metadata)).toEqual(['true', 'true'])
  expect(seen[1]?.headers.authorization).toBe('Basic the-key')
})

test('Arc: a key that somebody else spent is asked for once more, and no more', async () => {
  replies = [challenge(), challenge(), json(200, GRANTED)]
  expect(await ask('arc')).toEqual(GRANTED)
  replies = [challenge(), challenge(), challenge(), json(200, GRANTED)]
  await expect(ask('arc')).rejects.toMatchObject({ code: 'endpoint_refused' })
})

test('Arc: an agent that stopped before its key was read, and took the file along, is asked for another', async () => {
  replies = [challenge(join(folder, 'gone.key')), challenge(), json(200, GRANTED)]
  expect(await ask('arc')).toEqual(GRANTED)
  expect(seen[1]?.headers.authorization).toBeUndefined()
  replies = [challenge(join(folder, 'gone.key')), challenge(join(folder, 'gone.key'))]
  await expect(ask('arc')).rejects.toMatchObject({ code: 'key_file_unreadable' })
})

test('a deadline that is over before a request is one that was not met', async () => {
  replies = [silent, silent]
  await expect(ask('app-service', 0)).rejects.toMatchObject({ code: 'endpoint_silent' })
  await expect(ask('app-service', -1)).rejects.toMatchObject({ code: 'endpoint_silent' })
})

test('Arc: a key file elsewhere is not read', async () => {
  replies = [challenge('/etc/x.key')]
  await expect(ask('arc')).rejects.toMatchObject({ code: 'key_file_misplaced' })
  expect(seen).toHaveLength(1)
})

test('Arc: a 401 without a challenge is malformed', async () => {
  replies = [json(401, {})]
  await expect(ask('arc')).rejects.toMatchObject({ code: 'challenge_malformed' })
})

test('an error shows the endpoint’s description, without control characters', async () => {
  replies = [json(400, { error: 'invalid_request', error_description: 'do\u001b[31m this' })]
  await expect(ask('app-service')).rejects.toMatchObject({
    code: 'endpoint_refused',
    message: 'HTTP 400: invalid_request: do [31m this',
  })
})

test('a redirect is not followed', async () => {
  replies = [json(302, {}, { Location: url() })]
  await expect(ask('app-service')).rejects.toMatchObject({
    code: 'endpoint_refused',
    message: 'HTTP 302: the endpoint redirects, which no identity endpoint does',
  })
  expect(seen).toHaveLength(1)
})

for (const body of [
  null,
  1,
  {},
  { ...GRANTED, access_token: 1 },
  { ...GRANTED, access_token: '' },
  { ...GRANTED, access_token: '\u001b]0;x\u0007' },
  { ...GRANTED, access_token: 'é' },
  { access_token: 't' },
]) {
  test(`${JSON.stringify(body)} is no token answer`, async () => {
    replies = [json(200, body)]
    await expect(ask('app-service')).rejects.toMatchObject({ code: 'answer_malformed' })
  })
}

test('a connection that breaks is an endpoint that does not answer', async () => {
  await expect(ask('app-service')).rejects.toMatchObject({ code: 'endpoint_silent', exitCode: 61 })
})

test('an answer that breaks off within is an endpoint that does not answer', async () => {
  replies = [
    (_request, response) => {
      response.writeHead(200, { 'Content-Length': '100' })
      response.write('{', () => response.destroy())
    },
  ]
  await expect(ask('app-service')).rejects.toMatchObject({ code: 'endpoint_silent', exitCode: 61 })
})

for (const text of ['http://user:marked@127.0.0.1/t', 'http://10.255.255.1/t?sig=marked', 'marked']) {
  test(`no secret of an address that is no endpoint is shown: ${text}`, async () => {
    const refused = requestToken({ style: 'arc', url: text }, { resource: 'r', keyFolder: folder })
    await expect(refused).rejects.toMatchObject({ code: 'argument_invalid', exitCode: 23 })
    const { message, hints } = await refused.catch((error) => error)
    expect([message, ...hints].join('\n')).not.toContain('marked')
  })
}

test('an answer that is not JSON is malformed', async () => {
  replies = [(_request, response) => response.end('<html>')]
  await expect(ask('app-service')).rejects.toMatchObject({
    code: 'answer_malformed',
    message: `the endpoint answered, but not with a token: no JSON object, from ${url()}`,
  })
})

test('an answer that is not HTTP is malformed', async () => {
  replies = [(request) => request.socket.end('SSH-2.0-x\r\n')]
  await expect(ask('app-service')).rejects.toMatchObject({ code: 'answer_malformed' })
})

const silent: Reply = () => {}
const dripping: Reply = (_request, response) => {
  response.write('{')
  const timer = setInterval(() => response.write(' '), 5)
  response.on('close', () => clearInterval(timer))
}

test('an endpoint that is silent, or drips, is given up at a deadline for everything', async () => {
  for (const reply of [silent, dripping]) {
    replies = [challenge(), reply]
    await expect(ask('arc', 100)).rejects.toMatchObject({
      code: 'endpoint_silent',
      hints: [expect.stringContaining('in time'), expect.stringContaining('waiting for an authority')],
    })
  }
})

test('the deadline is for all requests together', async () => {
  const later =
    (reply: Reply): Reply =>
    (request, response) =>
      void setTimeout(() => reply(request, response), 80)
  replies = [challenge(), challenge(), json(200, GRANTED)].map(later)
  await expect(ask('arc', 160)).rejects.toMatchObject({ code: 'endpoint_silent' })
})
