/** Which source is chosen, where a chain goes on and where it stops, and what a person is told of it. */

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ChainedTokenCredential, CredentialUnavailableError, type TokenCredential } from '@azure/identity'
import { expect, test } from 'vitest'
import { kindsOf } from '../../packages/client/src/chain.ts'
import { readDefaultOptions } from '../../packages/client/src/credential-options.ts'
import { explainIn } from '../../packages/client/src/explain.ts'
import { DefaultCredential, getToken, ManagedIdentityCredential } from '../../packages/client/src/index.ts'
import type { Surroundings } from '../../packages/client/src/surroundings.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { startScripted } from './scripted-server.ts'
import { defaultCredential, managedCredential, surroundings } from './surrounded.ts'

const SCOPE = 'https://vault.azure.net/.default'

/** A folder with commands that print so, and the variables by which they are found. */
function commands(scripts: Record<string, string>): { PATH: string } {
  const folder = temporaryFolder()
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  return { PATH: `relative:${folder}:/none` }
}

const IN_AN_HOUR = Math.floor(Date.now() / 1000) + 3600
const AZ = `echo '{"accessToken":"of-a-person","expires_on":${IN_AN_HOUR},"expiresOn":"soon"}'`

const next: TokenCredential = { getToken: async () => ({ token: 'of-the-next', expiresOnTimestamp: 2e12 }) }

test('our credentials are TokenCredentials', () => {
  const credentials: TokenCredential[] = [new DefaultCredential(), new ManagedIdentityCredential()]
  expect(credentials).toHaveLength(2)
})

test('in the official chain ours gives its token', async () => {
  const server = await startScripted(() => ({}))
  const env = { IDENTITY_ENDPOINT: server.url, IDENTITY_HEADER: 'x' }
  const chain = new ChainedTokenCredential(managedCredential(surroundings({ env })), next)
  expect((await chain.getToken(SCOPE)).token).toBe('a-token')
})

test('the official chain goes on where nothing is here', async () => {
  for (const credential of [defaultCredential(surroundings()), managedCredential(surroundings())]) {
    expect((await new ChainedTokenCredential(credential, next).getToken(SCOPE)).token).toBe('of-the-next')
  }
})

/** What an endpoint answers, and whether a chain may go on to another identity then. */
const ANSWERS: [string, object, 'goes on' | 'stops'][] = [
  [
    'that it has no identity',
    { status: 400, body: { error: 'invalid_request', error_description: 'Identity not found' } },
    'goes on',
  ],
  ['that its policy denies', { status: 403, body: { error: 'access_denied' } }, 'stops'],
  ['that the request is wrong', { status: 400, body: { error: 'invalid_resource' } }, 'stops'],
  ['that it fails', { status: 503, body: { error: 'service_unavailable' } }, 'stops'],
  ['with nonsense', { body: 'nonsense' }, 'stops'],
]

test.each(ANSWERS)(
  'where an endpoint answers %s, a chain does what it should (%o, %s)',
  async (_, scripted, then) => {
    const server = await startScripted(() => scripted)
    const env = { IDENTITY_ENDPOINT: server.url, IDENTITY_HEADER: 'x', ...commands({ az: AZ }) }
    const around = surroundings({ env })
    const official = new ChainedTokenCredential(managedCredential(around), next).getToken(SCOPE)
    const own = defaultCredential(around).getToken(SCOPE)
    if (then === 'stops') {
      await expect(official).rejects.toMatchObject({ name: 'AuthenticationError' })
      await expect(own).rejects.toMatchObject({ name: 'AuthenticationError' })
    } else {
      expect((await official).token).toBe('of-the-next')
      expect((await own).token).toBe('of-a-person')
    }
  },
)

test('a chain goes on where this user may not read the key file, and stops where it is not an agent\u2019s', async () => {
  const keyFolder = join(temporaryFolder(), 'tokens')
  mkdirSync(keyFolder, { mode: 0o750 })
  const server = await startScripted(() => ({
    status: 401,
    headers: { 'Www-Authenticate': `Basic realm=${keyFolder}/one.key` },
    body: {},
  }))
  const env = { IDENTITY_ENDPOINT: server.url, IMDS_ENDPOINT: server.url }
  const chain = new ChainedTokenCredential(managedCredential(surroundings({ env, keyFolder })), next)
  expect((await chain.getToken(SCOPE)).token).toBe('of-the-next')
  mkdirSync(join(keyFolder, 'one.key'))
  await expect(chain.getToken(SCOPE)).rejects.toMatchObject({ code: 'key_file_unsafe' })
})

test('a credential stays with the source of its first token: a failure changes no identity', async () => {
  let silent = false
  const server = await startScripted(() =>
    silent ? { status: 400, body: { error_description: 'Identity not found' } } : {},
  )
  const env = { IDENTITY_ENDPOINT: server.url, IDENTITY_HEADER: 'x', ...commands({ az: AZ }) }
  const credential = defaultCredential(surroundings({ env }))
  expect((await credential.getToken(SCOPE)).token).toBe('a-token')
  silent = true
  await expect(credential.getToken('https://storage.azure.com/.default')).rejects.toMatchObject({
    code: 'identity_missing',
  })
})

test('callers that come while the source is chosen wait for it, and one that gave up spoils it for none', async () => {
  const gate = Promise.withResolvers<void>()
  const server = await startScripted(async () => {
    await gate.promise
    return {}
  })
  const env = { IDENTITY_ENDPOINT: server.url, IDENTITY_HEADER: 'x' }
  const credential = defaultCredential(surroundings({ env }))
  const controller = new AbortController()
  const first = credential.getToken(SCOPE, { abortSignal: controller.signal })
  const others = ['a', 'b', 'a'].map((scope) => credential.getToken(scope))
  controller.abort()
  await expect(first).rejects.toMatchObject({ name: 'AbortError' })
  gate.resolve()
  expect((await Promise.all(others)).map(({ token }) => token)).toEqual(Array(3).fill('a-token'))
  expect(server.asked).toHaveLength(3)
})

const ALL = [
  ...['environment', 'workload-identity', 'github-actions', 'azure-pipelines'],
  ...['service-fabric', 'app-service', 'azure-ml', 'app-service-2017', 'cloud-shell', 'arc', 'vm'],
  ...['azure-cli', 'azd'],
]

test.each([
  [undefined, ALL],
  ['', ALL],
  ['prod', ALL.slice(0, -2)],
  [' PROD ', ALL.slice(0, -2)],
  ['dev', ALL.slice(-2)],
  ['EnvironmentCredential', ['environment']],
  ['workloadidentitycredential', ['workload-identity']],
  ['ManagedIdentityCredential', ['workload-identity', ...ALL.slice(4, -2)]],
  ['AzureCliCredential', ['azure-cli']],
  ['AzureDeveloperCliCredential', ['azd']],
  ['AzurePipelinesCredential', ['azure-pipelines']],
  ['GitHubActionsCredential', ['github-actions']],
])('AZURE_TOKEN_CREDENTIALS=%j means %j', (value, names) => {
  const env = value === undefined ? {} : { AZURE_TOKEN_CREDENTIALS: value }
  expect(kindsOf(surroundings({ env })).map(({ name }) => name)).toEqual(names)
})

test.each(['production', 'VisualStudioCodeCredential', 'AzurePowerShellCredential'])(
  'AZURE_TOKEN_CREDENTIALS=%s is refused, and the values that there are are named',
  (value) => {
    const around = surroundings({ env: { AZURE_TOKEN_CREDENTIALS: value } })
    expect(() => defaultCredential(around)).toThrow(/is none of prod, dev, EnvironmentCredential/)
  },
)

test('of several managed identities the first of the official order counts', async () => {
  const server = await startScripted(() => ({}))
  const { url } = server
  const env = {
    IDENTITY_ENDPOINT: url,
    IDENTITY_HEADER: 'x',
    IMDS_ENDPOINT: url,
    MSI_ENDPOINT: url,
    MSI_SECRET: 'y',
  }
  const lines = await explainIn(readDefaultOptions({}, surroundings({ env })))
  expect(lines).toMatch(/^chosen: app-service \(found by IDENTITY_ENDPOINT and IDENTITY_HEADER\)/)
})

test('the option "source" beats whatever else is here', async () => {
  const env = commands({ az: AZ })
  const server = await startScripted(() => ({}))
  const around = surroundings({ env: { ...env, IDENTITY_ENDPOINT: server.url, IDENTITY_HEADER: 'x' } })
  expect((await defaultCredential(around, { source: 'azure-cli' }).getToken(SCOPE)).token).toBe('of-a-person')
  await expect(managedCredential(around, { source: 'arc' }).getToken(SCOPE)).rejects.toMatchObject({
    code: 'source_missing',
    name: 'CredentialUnavailableError',
  })
})

test.each([
  [{ clientId: 'x' }],
  [{ managedIdentityClientID: 'x' }],
  [{ source: 'nowhere' }],
  [{ managedIdentityClientId: 'x', managedIdentityResourceId: '/x' }],
  [{ managedIdentityClientId: '' }],
  ['x'],
  [null],
])('DefaultCredential refuses %j, which would mean another identity than meant', (options) => {
  expect(() => new DefaultCredential(options as never)).toThrow(
    expect.objectContaining({ code: 'option_invalid' }),
  )
})

test.each([
  [{ clientID: 'x' }],
  [{ clientId: 'x', objectId: 'y' }],
  [null],
  [''],
  [{ managedIdentityClientId: 'x' }],
])('ManagedIdentityCredential refuses %j', (options) => {
  expect(() => new ManagedIdentityCredential(options as never)).toThrow(
    expect.objectContaining({ code: 'option_invalid' }),
  )
})

test.each(['', ' ', '/.default', 'a b', 'a\r\nb', 'a'.repeat(3000), 1, undefined, []])(
  '%j is no scope',
  async (scope) => {
    await expect(defaultCredential(surroundings()).getToken(scope as string)).rejects.toMatchObject({
      code: 'resource_invalid',
    })
  },
)

test.each(['', 'a b', undefined, ['https://a'], { resource: 'https://a' }])(
  'getToken(%j) is refused before anything is asked, and is named as it was given',
  async (resource) => {
    await expect(getToken(resource as string)).rejects.toMatchObject({
      code: 'resource_invalid',
      message: expect.stringContaining(`the resource is not valid: ${JSON.stringify(resource)};`),
    })
  },
)

test('a value that AZURE_TOKEN_CREDENTIALS cannot have is said', () => {
  expect(() => kindsOf(surroundings({ env: { AZURE_TOKEN_CREDENTIALS: 'nonsense' } }))).toThrow(
    expect.objectContaining({ code: 'variable_invalid', message: expect.stringContaining('is "nonsense"') }),
  )
})

test.each([
  [{}, 'clientid an-id (of AZURE_CLIENT_ID), '],
  [{ managedIdentityClientId: 'an-id' }, 'clientid an-id, '],
])('an identity that is not assigned is named, and with %j who selected it', async (options, named) => {
  const server = await startScripted(() => ({ status: 400, body: { error: 'identity_not_found' } }))
  const env = { AZURE_CLIENT_ID: 'an-id', IDENTITY_ENDPOINT: server.url, IDENTITY_HEADER: 'x' }
  const error = await defaultCredential(surroundings({ env }), options)
    .getToken(SCOPE)
    .catch((caught) => caught)
  expect(error).toMatchObject({ code: 'identity_unknown' })
  expect(error.message.toLowerCase()).toContain(named.toLowerCase())
})

test('several scopes are "unavailable", as in the official credentials', async () => {
  await expect(defaultCredential(surroundings()).getToken(['a', 'b'])).rejects.toMatchObject({
    code: 'scopes_many',
    name: 'CredentialUnavailableError',
  })
})

test('a token with proof of possession is refused, not answered with a bearer token', async () => {
  await expect(
    defaultCredential(surroundings()).getToken(SCOPE, { proofOfPossessionOptions: { nonce: 'x' } }),
  ).rejects.toMatchObject({ code: 'token_kind_unsupported' })
})

test('with nothing here the error has a line for each source, and so has the explanation', async () => {
  const error = await defaultCredential(surroundings())
    .getToken(SCOPE)
    .catch((caught) => caught)
  expect(error.message).toMatch(
    /^no identity was found for this program; set up .*them:\n {2}environment: .*\S$/s,
  )
  expect(error.name).toBe(new CredentialUnavailableError().name)
  const lines = await explainIn(readDefaultOptions({}, surroundings()))
  expect(lines.split('\n')[0]).toBe('chosen: none')
  for (const name of ALL) {
    expect(error.message).toContain(`${name}: `)
    expect(lines).toContain(`${name}: `)
  }
})

test('the explanation of one that fails says why, and what was not looked at', async () => {
  const server = await startScripted(() => ({
    status: 400,
    body: { error_description: 'resource is unknown' },
  }))
  const env = { IDENTITY_ENDPOINT: server.url, IDENTITY_HEADER: 'marked-secret' }
  const lines = await explainIn(readDefaultOptions({}, surroundings({ env })), 'https://vault.azure.net')
  expect(lines.split('\n')[0]).toMatch(/^failed: app-service \(found by .*\): .*"resource is unknown"/)
  expect(lines).toContain('not looked at: azure-ml')
  expect(lines).not.toContain('marked-secret')
})

test('the explanation of a variable that is set wrongly names it', async () => {
  const env = { IDENTITY_ENDPOINT: 'nonsense', IDENTITY_HEADER: 'x' }
  expect(await explainIn(readDefaultOptions({}, surroundings({ env })))).toMatch(
    /stopped: .*IDENTITY_ENDPOINT/,
  )
})

/** A developer's command with this script, and the credential that asks it. */
function developer(scripts: Record<string, string>, changes: Partial<Surroundings> = {}) {
  return defaultCredential(surroundings({ ...changes, env: commands(scripts) }))
}

test('the Azure CLI is asked for the resource', async () => {
  const file = join(temporaryFolder(), 'arguments')
  const credential = developer({ az: `echo "$@" >${file}; ${AZ}` })
  expect(await credential.getToken(SCOPE)).toMatchObject({
    token: 'of-a-person',
    expiresOnTimestamp: IN_AN_HOUR * 1000,
  })
  expect(readFileSync(file, 'utf8')).toBe(
    'account get-access-token --output json --resource https://vault.azure.net\n',
  )
})

test('the Azure CLI before 2.54.0 says the end in local time', async () => {
  const end = new Date(Math.floor(Date.now() / 1000) * 1000 + 3600_000)
  const local = new Date(end.getTime() - end.getTimezoneOffset() * 60_000)
    .toISOString()
    .replace('T', ' ')
    .slice(0, 19)
  const credential = developer({ az: `echo '{"accessToken":"x","expiresOn":"${local}.000000"}'` })
  expect((await credential.getToken(SCOPE)).expiresOnTimestamp).toBe(end.getTime())
})

test('the tenant that a resource names is asked of the Azure CLI, and held apart', async () => {
  const credential = developer({
    az: `echo "{\\"accessToken\\":\\"for:$8\\",\\"expires_on\\":${IN_AN_HOUR}}"`,
  })
  expect((await credential.getToken(SCOPE, { tenantId: 'one' })).token).toBe('for:one')
  expect((await credential.getToken(SCOPE, { tenantId: 'two' })).token).toBe('for:two')
  expect((await credential.getToken(SCOPE)).token).toBe('for:')
})

test.each([
  [
    'who is not logged in',
    'echo "Please run \'az login\' to setup account." >&2; exit 1',
    /Please run 'az login'/,
  ],
  ['what fails silently', 'exit 1', /it printed no JSON/],
  ['what prints nonsense', 'echo nonsense', /it printed no JSON/],
])('the Azure CLI of %s lets a chain go on', async (_, script, message) => {
  await expect(developer({ az: script }).getToken(SCOPE)).rejects.toMatchObject({
    name: 'CredentialUnavailableError',
    message: expect.stringMatching(message),
  })
})

test('a scope that a shell would take for more is not given to a command', async () => {
  const credential = developer({ az: AZ })
  for (const scope of ['https://a/$(id)', 'a;id', 'a&b', 'a"b', '`id`']) {
    await expect(credential.getToken(scope)).rejects.toMatchObject({ code: 'resource_invalid' })
  }
})

test('a challenge of claims says what to run', async () => {
  await expect(developer({ az: AZ }).getToken(SCOPE, { claims: '{"a":1}' })).rejects.toMatchObject({
    message: expect.stringContaining('az login --claims-challenge eyJhIjoxfQ== --scope'),
  })
})

test('the Azure Developer CLI is asked after it', async () => {
  const credential = developer({
    az: 'exit 1',
    azd: `echo '{"token":"of-azd","expiresOn":"${new Date(IN_AN_HOUR * 1000).toISOString()}"}'`,
  })
  expect(await credential.getToken(SCOPE)).toMatchObject({
    token: 'of-azd',
    expiresOnTimestamp: IN_AN_HOUR * 1000,
  })
})
