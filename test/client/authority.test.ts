/** The sources that ask an authority, at a control plane of our own, and at servers that misbehave. */

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createControlPlane } from '@landfast/control-plane'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCertificate } from '../../packages/control-plane/src/testing/issuer-keys.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { makeOwnAssertion } from '../authority/own-assertion.ts'
import { type PreparedClient, prepareClient } from '../authority/prepared-client.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { type Script, startScripted } from './scripted-server.ts'
import { defaultCredential, managedCredential, surroundings } from './surrounded.ts'

const RESOURCE = 'https://storage.azure.com'
const SCOPE = `${RESOURCE}/.default`
const SECRET = 'marked-secret'

let folder: string
let controlPlane: ReturnType<typeof createControlPlane>
let client: PreparedClient
let ca: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'landfast-'))
  controlPlane = createControlPlane({ stateFolder: join(folder, 'state'), host: 'localhost' })
  await controlPlane.start()
  client = JSON.parse(readFileSync(await prepareClient(controlPlane, folder), 'utf8'))
  ca = readFileSync(controlPlane.caFile ?? '', 'utf8')
})

afterAll(async () => {
  await controlPlane.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** The variables that every source at the control plane has. */
function variables(more: Record<string, string> = {}): Record<string, string> {
  return {
    AZURE_AUTHORITY_HOST: client.url,
    AZURE_TENANT_ID: client.tenantId,
    AZURE_CLIENT_ID: client.clientId,
    ...more,
  }
}

async function claimsOf(env: Record<string, string>, authorities = ca) {
  const { token, expiresOnTimestamp } = await defaultCredential(
    surroundings({ env, ca: authorities }),
  ).getToken(SCOPE)
  const claims = decodeJwt(token)
  expect(Math.abs(expiresOnTimestamp / 1000 - (claims.exp ?? 0))).toBeLessThan(5)
  return claims
}

const whose = () => ({ aud: RESOURCE, oid: client.principalId, appid: client.clientId })

test('a secret in the environment', async () => {
  expect(await claimsOf(variables({ AZURE_CLIENT_SECRET: client.clientSecret }))).toMatchObject({
    ...whose(),
    appidacr: '1',
  })
})

test('a certificate in the environment', async () => {
  const env = variables({ AZURE_CLIENT_CERTIFICATE_PATH: client.certificateFile })
  expect(await claimsOf(env)).toMatchObject({ ...whose(), appidacr: '2' })
})

test('a certificate that an authority vouches for is sent with its chain', async () => {
  const env = variables({ AZURE_CLIENT_CERTIFICATE_PATH: client.chainFile })
  await expect(claimsOf(env)).rejects.toMatchObject({ code: 'authority_refused' })
  expect(await claimsOf({ ...env, AZURE_CLIENT_SEND_CERTIFICATE_CHAIN: 'true' })).toMatchObject(whose())
})

test('a federated token in a file, trimmed, read anew each time', async () => {
  const file = join(temporaryFolder(), 'token')
  writeFileSync(file, `${await makeOwnAssertion(client)}\n`)
  const around = surroundings({ env: variables({ AZURE_FEDERATED_TOKEN_FILE: file }), ca })
  const credential = managedCredential(around)
  expect(decodeJwt((await credential.getToken(SCOPE)).token)).toMatchObject(whose())
  writeFileSync(file, 'nonsense')
  await expect(credential.getToken('https://vault.azure.net/.default')).rejects.toMatchObject({
    code: 'authority_refused',
  })
  writeFileSync(file, await makeOwnAssertion(client))
  await credential.getToken('https://vault.azure.net/.default')
})

/** A platform that gives jobs their tokens, with a certificate that is trusted beside the control plane's. */
async function platform(script: Script) {
  const { key, certificate } = await makeCertificate([{ type: 'ip', value: '127.0.0.1' }])
  return { ...(await startScripted(script, { key, cert: certificate })), trusted: `${ca}\n${certificate}` }
}

test('the token of a job of GitHub is asked with the usual audience, and exchanged', async () => {
  const { url, asked, trusted } = await platform(async () => ({
    body: { count: 1, value: await makeOwnAssertion(client) },
  }))
  const env = variables({
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: SECRET,
  })
  expect(await claimsOf(env, trusted)).toMatchObject(whose())
  expect(asked[0]).toMatchObject({
    method: 'GET',
    target: '/token?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange',
    headers: { authorization: `Bearer ${SECRET}` },
  })
})

test('the example for GitHub Actions has its token with no secret, and shows none', async () => {
  const { url, trusted } = await platform(async () => ({
    body: { count: 1, value: await makeOwnAssertion(client) },
  }))
  const authorities = join(temporaryFolder(), 'ca.pem')
  writeFileSync(authorities, trusted)
  const { PATH } = process.env
  const env = {
    ...{ PATH, ...MOVED_CLOCK, RESOURCE, NODE_EXTRA_CA_CERTS: authorities, GITHUB_ACTIONS: 'true' },
    ...variables({
      ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: SECRET,
    }),
  }
  const program = fileURLToPath(new URL('../../examples/client-github-actions.ts', import.meta.url))
  const args = ['--disable-warning=ExperimentalWarning', '--conditions=source', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 60_000 })
  expect(stdout).toMatch(new RegExp(`^a token of ${client.principalId} until \\S+Z\n$`))
})

test('the token of a service connection of Azure Pipelines is asked, and exchanged', async () => {
  const { url, asked, trusted } = await platform(async () => ({
    body: { oidcToken: await makeOwnAssertion(client) },
  }))
  const { AZURE_CLIENT_ID = '', AZURE_TENANT_ID = '', AZURE_AUTHORITY_HOST = '' } = variables()
  const env = {
    AZURE_AUTHORITY_HOST,
    AZURESUBSCRIPTION_CLIENT_ID: AZURE_CLIENT_ID,
    AZURESUBSCRIPTION_TENANT_ID: AZURE_TENANT_ID,
    AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: 'a-connection',
    SYSTEM_OIDCREQUESTURI: `${url}/oidctoken`,
    SYSTEM_ACCESSTOKEN: SECRET,
  }
  expect(await claimsOf(env, trusted)).toMatchObject(whose())
  expect(asked[0]).toMatchObject({
    method: 'POST',
    target: '/oidctoken?api-version=7.1&serviceConnectionId=a-connection',
    headers: { authorization: `Bearer ${SECRET}`, 'x-tfs-fedauthredirect': 'Suppress' },
  })
})

test.each([
  ['no permission', { status: 403, body: { message: `bad ${SECRET}` } }],
  ['nothing', { body: {} }],
  ['nonsense', { body: 'nonsense' }],
  ['a token with a line break', { body: { value: 'a\nb' } }],
])('a platform that gives %s stops the chain, and no secret is said', async (_, scripted) => {
  const { url, trusted } = await platform(() => scripted)
  const env = variables({ ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: SECRET })
  const error = await claimsOf(env, trusted).catch((caught) => caught)
  expect(error).toMatchObject({ code: 'federation_failed', name: 'AuthenticationError' })
  expect(error.message).not.toContain(SECRET)
})

test('a job of GitHub without the permission is told of it', async () => {
  await expect(claimsOf({ GITHUB_ACTIONS: 'true' })).rejects.toMatchObject({
    message: expect.stringContaining('id-token: write'),
  })
})

test('a wrong secret stops the chain; the authority\u2019s sentence is said, and the secret is not', async () => {
  const error = await claimsOf(variables({ AZURE_CLIENT_SECRET: SECRET })).catch((caught) => caught)
  expect(error).toMatchObject({ code: 'authority_refused', name: 'AuthenticationError', statusCode: 401 })
  expect(error.message).toContain('AADSTS7000215')
  expect(error.message).not.toContain(SECRET)
})

test('an authority that repeats the secret does not bring it into an error', async () => {
  const { url, trusted } = await platform(({ body }) => ({
    status: 400,
    body: { error: 'x', error_description: body },
  }))
  const env = variables({ AZURE_AUTHORITY_HOST: url, AZURE_CLIENT_SECRET: SECRET })
  const error = await claimsOf(env, trusted).catch((caught) => caught)
  expect(error.message).toContain('client_secret=***')
})

test('an authority that is away stops the chain', async () => {
  const env = variables({ AZURE_AUTHORITY_HOST: 'https://127.0.0.1:1', AZURE_CLIENT_SECRET: SECRET })
  await expect(claimsOf(env)).rejects.toMatchObject({ code: 'authority_silent', name: 'AuthenticationError' })
})

test('an authority that starts anew is asked again, each time with another assertion', async () => {
  const assertions = new Set<string | null>()
  const { url, trusted } = await platform(({ body }, outgoing) => {
    assertions.add(new URLSearchParams(body).get('client_assertion'))
    return assertions.size < 3 ? void outgoing.socket?.destroy() : {}
  })
  const env = variables({
    AZURE_AUTHORITY_HOST: url,
    AZURE_CLIENT_CERTIFICATE_PATH: client.certificateFile,
  })
  const credential = defaultCredential(surroundings({ env, ca: trusted }))
  expect((await credential.getToken(SCOPE)).token).toBe('a-token')
})

test('an authority whose certificate nobody vouches for is not told the secret', async () => {
  const { url, asked } = await platform(() => ({}))
  const env = variables({ AZURE_AUTHORITY_HOST: url, AZURE_CLIENT_SECRET: SECRET })
  await expect(claimsOf(env)).rejects.toMatchObject({ code: 'authority_silent' })
  expect(asked).toEqual([])
})

test.each(['http://127.0.0.1', 'nonsense', 'https://user:password@a'])(
  'AZURE_AUTHORITY_HOST=%s is refused',
  async (host) => {
    const env = variables({ AZURE_AUTHORITY_HOST: host, AZURE_CLIENT_SECRET: SECRET })
    await expect(claimsOf(env)).rejects.toMatchObject({ code: 'variable_invalid' })
  },
)

test.each(['', '/', '//'])('AZURE_AUTHORITY_HOST may end in "%s"', async (end) => {
  const env = variables({ AZURE_AUTHORITY_HOST: client.url + end, AZURE_CLIENT_SECRET: client.clientSecret })
  expect(await claimsOf(env)).toMatchObject(whose())
})

test.each(['a/b', '../x', 'a?b'])(
  'the tenant %j is refused, since it would change the path',
  async (tenant) => {
    const env = variables({ AZURE_TENANT_ID: tenant, AZURE_CLIENT_SECRET: SECRET })
    await expect(claimsOf(env)).rejects.toMatchObject({ code: 'variable_invalid' })
  },
)

test('the tenant that a resource names is the identity\u2019s own, or there is no token', async () => {
  const env = variables({ AZURE_CLIENT_SECRET: client.clientSecret })
  const credential = defaultCredential(surroundings({ env, ca }))
  const token = await credential.getToken(SCOPE, { tenantId: client.tenantId.toUpperCase() })
  expect(await credential.getToken(SCOPE)).toBe(token)
  await expect(credential.getToken(SCOPE, { tenantId: 'another' })).rejects.toMatchObject({
    code: 'tenant_foreign',
    name: 'AuthenticationError',
  })
})

test.each([
  ['is not there', undefined],
  ['is empty', '\n'],
  ['holds no token', 'a b\n'],
])('a federated token whose file %s stops the chain, and the path is said', async (_, content) => {
  const file = join(temporaryFolder(), 'token')
  if (content !== undefined) writeFileSync(file, content)
  await expect(claimsOf(variables({ AZURE_FEDERATED_TOKEN_FILE: file }))).rejects.toMatchObject({
    code: 'token_file_unreadable',
    name: 'AuthenticationError',
    message: expect.stringContaining(`AZURE_FEDERATED_TOKEN_FILE "${file}"`),
  })
})

test('a certificate without its key, with another key or not there is said, and nothing of it', async () => {
  const own = readFileSync(client.certificateFile, 'utf8')
  const other = readFileSync(client.chainFile, 'utf8')
  const [certificate] = own.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/) ?? []
  const [key] = other.match(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----/) ?? []
  for (const content of [certificate, key, `${key}\n${certificate}`, '', undefined]) {
    const file = join(temporaryFolder(), 'client.pem')
    if (content !== undefined) writeFileSync(file, content)
    const error = await claimsOf(variables({ AZURE_CLIENT_CERTIFICATE_PATH: file })).catch((caught) => caught)
    expect(error).toMatchObject({ code: 'certificate_unusable', message: expect.stringContaining(file) })
    expect(error.message).not.toContain('BEGIN')
  }
})

test('an identity that is selected by another id than the client id is not taken from a federated token', async () => {
  const file = join(temporaryFolder(), 'token')
  writeFileSync(file, await makeOwnAssertion(client))
  const around = surroundings({ env: variables({ AZURE_FEDERATED_TOKEN_FILE: file }), ca })
  await expect(managedCredential(around, { resourceId: '/x' }).getToken(SCOPE)).rejects.toMatchObject({
    name: 'CredentialUnavailableError',
  })
})

test('a challenge of claims is passed on to the authority', async () => {
  const { url, asked, trusted } = await platform(() => ({}))
  const env = variables({ AZURE_AUTHORITY_HOST: url, AZURE_CLIENT_SECRET: SECRET })
  const claims = '{"access_token":{}}'
  await defaultCredential(surroundings({ env, ca: trusted })).getToken(SCOPE, { claims })
  expect(new URLSearchParams(asked[0]?.body).get('claims')).toBe(claims)
})
