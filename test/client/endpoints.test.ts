/** The client against endpoints that answer in every way that some service does, or that none should. */

import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { type Script, type Scripted, startScripted, TOKEN_BODY } from './scripted-server.ts'
import { defaultCredential, managedCredential, surroundings } from './surrounded.ts'

const SCOPE = 'https://vault.azure.net/.default'
const SECRET = 'marked-secret'

/** A credential that finds the endpoint in App Service's variables. */
async function appService(script: Script) {
  const server = await startScripted(script)
  const env = { IDENTITY_ENDPOINT: `${server.url}/msi/token`, IDENTITY_HEADER: SECRET }
  const around = surroundings({ env })
  return { server, around, credential: managedCredential(around) }
}

/** One that finds it as the metadata service of a virtual machine, with a probe as in the chain. */
async function virtualMachine(script: Script) {
  const server = await startScripted(script)
  const around = surroundings({ vmOrigin: server.url })
  return { server, around, credential: defaultCredential(around) }
}

/** One that finds it by Arc's variables; the answer to the challenge is up to the script. */
async function arc(script: (keyFile: string) => Script) {
  const keyFolder = join(temporaryFolder(), 'tokens')
  mkdirSync(keyFolder, { mode: 0o750 })
  const keyFile = join(keyFolder, 'one.key')
  writeFileSync(keyFile, SECRET)
  const server = await startScripted(script(keyFile))
  const env = { IDENTITY_ENDPOINT: `${server.url}/metadata/identity/oauth2/token`, IMDS_ENDPOINT: server.url }
  return { server, keyFile, credential: managedCredential(surroundings({ env, keyFolder })) }
}

const challenge = (keyFile: string): Scripted => ({
  status: 401,
  headers: { 'Www-Authenticate': `Basic realm=${keyFile}` },
  body: { error: 'unauthorized_client' },
})

test('what is sent to App Service', async () => {
  const { server, credential } = await appService(() => ({}))
  await credential.getToken(SCOPE)
  const [asked] = server.asked
  expect(asked?.target).toBe('/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net')
  expect(asked?.headers).toMatchObject({ 'x-identity-header': SECRET, accept: 'application/json' })
})

test('what is sent to an Arc agent: the same twice, with the key the second time', async () => {
  const { server, credential } = await arc(
    (keyFile) =>
      ({ headers }) =>
        headers.authorization ? {} : challenge(keyFile),
  )
  await credential.getToken(SCOPE)
  expect(server.asked.map(({ target }) => target)).toEqual(
    Array(2).fill(
      '/metadata/identity/oauth2/token?api-version=2020-06-01&resource=https%3A%2F%2Fvault.azure.net',
    ),
  )
  expect(server.asked.map(({ headers }) => [headers.metadata, headers.authorization])).toEqual([
    ['true', undefined],
    ['true', `Basic ${SECRET}`],
  ])
})

test('an Arc agent that gives a token at once is believed', async () => {
  const { credential } = await arc(() => () => ({}))
  expect((await credential.getToken(SCOPE)).token).toBe('a-token')
})

test('a key that was too old is followed by one more', async () => {
  let keys = 0
  const { server, credential } = await arc((keyFile) => ({ headers }) => {
    if (headers.authorization) keys += 1
    return keys === 2 ? {} : challenge(keyFile)
  })
  expect((await credential.getToken(SCOPE)).token).toBe('a-token')
  expect(server.asked).toHaveLength(3)
})

test('a key that is rejected twice is an error that says whose the file is, and not what is in it', async () => {
  const { server, keyFile, credential } = await arc((file) => () => challenge(file))
  const error = await credential.getToken(SCOPE).catch((caught) => caught)
  expect(error).toMatchObject({ code: 'key_rejected', name: 'AuthenticationError', statusCode: 401 })
  expect(error.message).toContain(keyFile)
  expect(error.message).toMatch(/mode 0\d{3}, owner \d+, group .* this process is user id/)
  expect(error.message).not.toContain(SECRET)
  expect(server.asked).toHaveLength(3)
})

test('the key is sent again while the agent fails', async () => {
  let fails = 2
  const { server, credential } = await arc((keyFile) => ({ headers }) => {
    if (!headers.authorization) return challenge(keyFile)
    fails -= 1
    return fails >= 0 ? { status: 503, body: {} } : {}
  })
  await credential.getToken(SCOPE)
  expect(server.asked.map(({ headers }) => headers.authorization !== undefined)).toEqual([
    false,
    true,
    true,
    true,
  ])
})

test.each([
  ['no challenge', {}, 'challenge_malformed'],
  ['another scheme', { 'Www-Authenticate': 'Bearer realm=/x.key' }, 'challenge_malformed'],
  ['two challenges', { 'Www-Authenticate': 'Basic realm=/x.key, Basic realm=/y.key' }, 'challenge_malformed'],
  ['a file elsewhere', { 'Www-Authenticate': 'Basic realm=/etc/shadow' }, 'key_file_foreign'],
  ['a way out of the folder', { 'Www-Authenticate': 'Basic realm=/x/../../etc/x.key' }, 'key_file_foreign'],
] as const)('a 401 with %s gets no key', async (_, headers, code) => {
  const { server, credential } = await arc(() => () => ({ status: 401, headers, body: {} }))
  await expect(credential.getToken(SCOPE)).rejects.toMatchObject({ code, name: 'AuthenticationError' })
  expect(server.asked).toHaveLength(1)
})

test('an Arc agent that passes the selector over is not believed', async () => {
  const server = await startScripted(() => ({}))
  const env = { IDENTITY_ENDPOINT: server.url, IMDS_ENDPOINT: server.url }
  const credential = managedCredential(surroundings({ env }), { resourceId: '/subscriptions/a' })
  await expect(credential.getToken(SCOPE)).rejects.toMatchObject({
    code: 'identity_unconfirmed',
    name: 'AuthenticationError',
  })
  expect(server.asked[0]?.target).toContain('&msi_res_id=%2Fsubscriptions%2Fa')
})

test('an Arc agent is on this machine: a key is sent nowhere else', async () => {
  const env = { IDENTITY_ENDPOINT: 'http://192.0.2.1/a', IMDS_ENDPOINT: 'http://192.0.2.1' }
  await expect(managedCredential(surroundings({ env })).getToken(SCOPE)).rejects.toMatchObject({
    code: 'variable_invalid',
    message: expect.stringContaining('IDENTITY_ENDPOINT'),
  })
})

test('an Arc agent is found by its program where only the address is in a variable', async () => {
  const { server } = await arc(() => () => ({}))
  const himds = join(temporaryFolder(), 'himds')
  writeFileSync(himds, '')
  const around = surroundings({ env: { IDENTITY_ENDPOINT: server.url }, himdsFiles: ['/none', himds] })
  expect((await managedCredential(around).getToken(SCOPE)).token).toBe('a-token')
})

test('a virtual machine is probed without the header, and then asked with it', async () => {
  const { server, credential } = await virtualMachine(({ headers }) =>
    headers.metadata ? {} : { status: 400, body: { error: 'invalid_request' } },
  )
  await credential.getToken(SCOPE)
  expect(server.asked.map(({ target, headers }) => [target, headers.metadata])).toEqual([
    ['/metadata/identity/oauth2/token', undefined],
    ['/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net', 'true'],
  ])
})

test.each([
  ['Amazon\u2019s, which asks for a session', { status: 401, headers: { Server: 'EC2ws' }, body: '' }],
  ['Amazon\u2019s page', { status: 401, body: '<html>401 Unauthorized</html>' }],
  ['Amazon\u2019s, even in JSON', { status: 200, headers: { Server: 'EC2ws' } }],
  ['Google\u2019s', { status: 404, headers: { 'Metadata-Flavor': 'Google' }, body: '<html>' }],
  ['Google\u2019s, even in JSON', { status: 403, headers: { Server: 'Metadata Server for VM' }, body: {} }],
  ['another', { status: 404, body: 'not found' }],
  ['Docker Desktop\u2019s', { status: 403, body: { message: 'connecting to an unreachable network' } }],
  ['a proxy that fails', { status: 502, body: '<html>' }],
] as const)('a metadata service that is %s is not asked for a token', async (_, scripted) => {
  const { server, credential } = await virtualMachine(() => scripted)
  await expect(credential.getToken(SCOPE)).rejects.toMatchObject({
    code: 'no_source',
    name: 'CredentialUnavailableError',
  })
  expect(server.asked).toHaveLength(1)
})

test('nor is its answer believed where it is asked without a probe', async () => {
  const server = await startScripted(() => ({ headers: { Server: 'EC2ws' } }))
  const credential = managedCredential(surroundings({ vmOrigin: server.url }))
  await expect(credential.getToken(SCOPE)).rejects.toMatchObject({
    message: expect.stringContaining('another cloud'),
  })
})

test('a virtual machine without an identity lets a chain go on', async () => {
  const { credential } = await virtualMachine(() => ({
    status: 400,
    headers: { Server: 'IMDS/150.870.65.1' },
    body: { error: 'invalid_request', error_description: 'Identity not found' },
  }))
  await expect(credential.getToken(SCOPE)).rejects.toMatchObject({
    name: 'CredentialUnavailableError',
    message: expect.stringContaining('Identity not found'),
  })
})

test('a metadata service that starts is waited for', async () => {
  let left = 2
  const { around, credential } = await virtualMachine(({ headers }) => {
    if (!headers.metadata) return { status: 400, body: {} }
    left -= 1
    return left >= 0 ? { status: left === 1 ? 404 : 410, headers: { Server: 'IMDS/1' }, body: {} } : {}
  })
  await credential.getToken(SCOPE)
  expect(around.waited).toHaveLength(2)
})

test.each(['http://127.0.0.1:PORT', 'http://127.0.0.1:PORT/', 'http://localhost:PORT//'])(
  'AZURE_POD_IDENTITY_AUTHORITY_HOST may be %s',
  async (form) => {
    const server = await startScripted(() => ({}))
    const env = { AZURE_POD_IDENTITY_AUTHORITY_HOST: form.replace('PORT', new URL(server.url).port) }
    await managedCredential(surroundings({ env })).getToken(SCOPE)
    expect(server.asked[0]?.target).toMatch(/^\/metadata\/identity\/oauth2\/token\?/)
  },
)

test('Azure ML is asked for the client id of its variable', async () => {
  const server = await startScripted(() => ({}))
  const env = { MSI_ENDPOINT: server.url, MSI_SECRET: SECRET, DEFAULT_IDENTITY_CLIENT_ID: 'an-id' }
  await managedCredential(surroundings({ env })).getToken(SCOPE)
  expect(server.asked[0]).toMatchObject({
    target: '/?api-version=2017-09-01&resource=https%3A%2F%2Fvault.azure.net&clientid=an-id',
    headers: { secret: SECRET },
  })
})

test('Cloud Shell is asked by a form', async () => {
  const server = await startScripted(() => ({}))
  const env = { MSI_ENDPOINT: `${server.url}/oauth2/token` }
  await managedCredential(surroundings({ env })).getToken(SCOPE)
  expect(server.asked[0]).toMatchObject({
    method: 'POST',
    target: '/oauth2/token',
    body: 'resource=https%3A%2F%2Fvault.azure.net',
    headers: { metadata: 'true', 'content-type': 'application/x-www-form-urlencoded' },
  })
})

test('a challenge of claims names the refused token by its hash', async () => {
  const { server, credential } = await appService(() => ({}))
  await credential.getToken(SCOPE)
  await credential.getToken(SCOPE, { claims: '{}' })
  const { searchParams } = new URL(server.asked[1]?.target ?? '', server.url)
  expect(searchParams.get('token_sha256_to_refresh')).toBe(
    createHash('sha256').update('a-token').digest('hex'),
  )
  expect(searchParams.get('xms_cc')).toBe('cp1')
})

/** Tricks of an endpoint, and what is said of each. */
const TRICKS: [string, Script, string][] = [
  [
    'leads elsewhere',
    () => ({ status: 302, headers: { Location: 'http://127.0.0.1:1/' } }),
    'redirect_refused',
  ],
  ['leads elsewhere for good', () => ({ status: 308, headers: { Location: '/' } }), 'redirect_refused'],
  [
    'says that its body is large',
    () => ({ headers: { 'Content-Length': '2000000' }, body: 'x'.repeat(2_000_000) }),
    'answer_too_large',
  ],
  ['sends without end', (_, outgoing) => flood(outgoing), 'answer_too_large'],
  [
    'sends what is packed',
    () => ({ headers: { 'Content-Encoding': 'gzip' }, body: gzipSync('x'.repeat(1000)).toString('latin1') }),
    'answer_malformed',
  ],
  ['hangs up in the middle', (_, outgoing) => hangUp(outgoing), 'answer_malformed'],
  ['sends an array', () => ({ body: [TOKEN_BODY] }), 'answer_malformed'],
  ['sends an error in HTML', () => ({ status: 400, body: '<html>' }), 'endpoint_refused'],
  ['refuses by policy', () => ({ status: 403, body: { error: 'access_denied' } }), 'access_denied'],
]

function flood(outgoing: import('node:http').ServerResponse): undefined {
  outgoing.writeHead(200, { 'Content-Type': 'application/json' })
  const more = () => {
    while (!outgoing.destroyed && outgoing.write('x'.repeat(65_536)));
  }
  outgoing.on('drain', more)
  more()
}

function hangUp(outgoing: import('node:http').ServerResponse): undefined {
  outgoing.writeHead(200, { 'Content-Length': '100' })
  outgoing.write('{"access_token":"a-token"', () => outgoing.destroy())
}

test.each(TRICKS)('an endpoint that %s is refused', async (_, script, code) => {
  const { credential } = await appService(script)
  await expect(credential.getToken(SCOPE)).rejects.toMatchObject({ code })
})

test('a secret that no header can hold is refused by the name of its variable, and is not said', async () => {
  const env = { IDENTITY_ENDPOINT: 'http://127.0.0.1:1', IDENTITY_HEADER: `${SECRET}\n` }
  const error = await managedCredential(surroundings({ env }))
    .getToken(SCOPE)
    .catch((caught) => caught)
  expect(error).toMatchObject({
    code: 'variable_invalid',
    message: expect.stringContaining('IDENTITY_HEADER'),
  })
  expect(error.message).not.toContain(SECRET)
})

test('a refusal without a word is said with its address', async () => {
  const { server, credential } = await appService(() => ({ status: 404, body: '' }))
  await expect(credential.getToken(SCOPE)).rejects.toMatchObject({
    message: expect.stringContaining(`status 404 of ${server.url}/msi/token; `),
  })
})

test('an endpoint that repeats the secret does not bring it into an error', async () => {
  const { credential } = await appService(({ headers }) => ({
    status: 400,
    body: {
      error: `${headers['x-identity-header']}`,
      error_description: `you sent ${headers['x-identity-header']}`,
    },
  }))
  const error = await credential.getToken(SCOPE).catch((caught) => caught)
  expect(error.message).toContain('you sent ***')
  expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain(SECRET)
})

test('a request on a kept connection that the endpoint closes unanswered is sent again on a new one', async () => {
  const kept = new WeakSet<object>()
  const { server, credential } = await appService((_, outgoing) => {
    const { socket } = outgoing
    if (!socket || kept.has(socket)) return void socket?.resetAndDestroy()
    kept.add(socket)
    return {}
  })
  await credential.getToken(SCOPE)
  expect((await credential.getToken('https://storage.azure.com/.default')).token).toBe('a-token')
  expect(server.asked).toHaveLength(3)
})
