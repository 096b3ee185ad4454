/** How long a silent service is waited for, and that a chain stops there: it is the identity that is meant. */

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createAgent } from '@landfast/agent'
import { endpointVariables } from '@landfast/protocol'
import { expect, onTestFinished, test } from 'vitest'
import type { DefaultCredentialOptions } from '../../packages/client/src/credential-options.ts'
import type { Surroundings } from '../../packages/client/src/surroundings.ts'
import { bundleClient } from '../../scripts/bundle.ts'
import { FakeSource, IDENTITY } from '../agent/fake-source.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { type Script, startScripted } from './scripted-server.ts'
import { defaultCredential, managedCredential, surroundings } from './surrounded.ts'

const SCOPE = 'https://vault.azure.net/.default'
const AWAY = 'http://127.0.0.1:1/token'
const SECURE_AWAY = 'https://127.0.0.1:1'

/** The variables of a machine on which a developer has logged in: an identity that nobody means here. */
function developer(): { PATH: string } {
  const folder = temporaryFolder()
  const token = JSON.stringify({ accessToken: 'of-a-person', expires_on: Date.now() / 1000 + 3600 })
  writeFileSync(join(folder, 'az'), `#!/bin/sh\necho '${token}'\n`)
  chmodSync(join(folder, 'az'), 0o755)
  return { PATH: folder }
}

function total(waited: readonly number[]): number {
  return waited.reduce((sum, one) => sum + one, 0)
}

function file(text: string): string {
  const path = join(temporaryFolder(), 'file')
  writeFileSync(path, text)
  return path
}

/** What shows a source, and which is then asked in vain. */
interface Shown {
  env?: Record<string, string>
  around?: () => Partial<Surroundings>
  options?: DefaultCredentialOptions
  code?: string
}

const CLIENT = { AZURE_TENANT_ID: 'a-tenant', AZURE_CLIENT_ID: 'a-client', AZURE_AUTHORITY_HOST: SECURE_AWAY }

const CERTAIN: [string, Shown][] = [
  ['the variables of App Service', { env: { IDENTITY_ENDPOINT: AWAY, IDENTITY_HEADER: 'x' } }],
  [
    'the variables of Service Fabric',
    {
      env: {
        IDENTITY_ENDPOINT: `${SECURE_AWAY}/token`,
        IDENTITY_HEADER: 'x',
        IDENTITY_SERVER_THUMBPRINT: 'AB'.repeat(20),
      },
    },
  ],
  [
    'the variables of Azure ML',
    { env: { MSI_ENDPOINT: AWAY, MSI_SECRET: 'x', DEFAULT_IDENTITY_CLIENT_ID: 'x' } },
  ],
  ['the variables of App Service of old', { env: { MSI_ENDPOINT: AWAY, MSI_SECRET: 'x' } }],
  ['the variable of Cloud Shell', { env: { MSI_ENDPOINT: AWAY } }],
  ['the variables of Arc', { env: { IDENTITY_ENDPOINT: AWAY, IMDS_ENDPOINT: AWAY } }],
  [
    'the program of an Arc agent',
    { env: { IDENTITY_ENDPOINT: AWAY }, around: () => ({ himdsFiles: [file('')] }) },
  ],
  [
    'the variable of the metadata service',
    { env: { AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:1' } },
  ],
  ['the option "source"', { options: { source: 'vm' } }],
  ['AZURE_TOKEN_CREDENTIALS', { env: { AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential' } }],
  ['a secret', { env: { ...CLIENT, AZURE_CLIENT_SECRET: 'x' }, code: 'authority_silent' }],
  [
    'a federated token',
    {
      around: () => ({ env: { ...CLIENT, AZURE_FEDERATED_TOKEN_FILE: file('x') } }),
      code: 'authority_silent',
    },
  ],
  [
    'the permission of a job of GitHub',
    {
      env: { ...CLIENT, ACTIONS_ID_TOKEN_REQUEST_URL: SECURE_AWAY, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x' },
      code: 'federation_failed',
    },
  ],
]

test.each(CERTAIN)(
  'a source that is known by %s is waited for while it is away, and no other identity is taken',
  async (_, { env = {}, around = () => ({}), options, code = 'endpoint_down' }) => {
    const changes: Partial<Surroundings> = around()
    const world = surroundings({ ...changes, env: { ...developer(), ...env, ...changes.env } })
    await expect(defaultCredential(world, options).getToken(SCOPE)).rejects.toMatchObject({
      code,
      name: 'AuthenticationError',
    })
    expect(total(world.waited)).toBeGreaterThanOrEqual(5000)
    expect(total(world.waited)).toBeLessThanOrEqual(7000)
  },
)

test('a metadata service that is only guessed is not waited for, and the chain goes on', async () => {
  const world = surroundings({ env: developer() })
  expect((await defaultCredential(world).getToken(SCOPE)).token).toBe('of-a-person')
  await expect(managedCredential(surroundings()).getToken(SCOPE)).rejects.toMatchObject({
    code: 'endpoint_silent',
    name: 'CredentialUnavailableError',
  })
  expect(world.waited).toEqual([])
})

test('a metadata service that has answered the probe is no guess: its silence stops the chain', async () => {
  const server = await startScripted(({ headers }, outgoing) =>
    headers.metadata ? void outgoing.socket?.resetAndDestroy() : { status: 400, body: {} },
  )
  const world = surroundings({ env: developer(), vmOrigin: server.url })
  await expect(defaultCredential(world).getToken(SCOPE)).rejects.toMatchObject({ code: 'endpoint_down' })
})

/** What an endpoint does while it starts anew. */
const INTERRUPTIONS: [string, Script][] = [
  ['closes the connection', (_, outgoing) => void outgoing.socket?.resetAndDestroy()],
  ['is cut off within its answer', (_, outgoing) => cutOff(outgoing)],
  ['says that it is not ready', () => ({ status: 503, body: { error: 'service_unavailable' } })],
  ['asks to slow down', () => ({ status: 429, headers: { 'Retry-After': '3' }, body: {} })],
  ['says that it is being updated', () => ({ status: 410, body: {} })],
]

function cutOff(outgoing: import('node:http').ServerResponse): undefined {
  outgoing.writeHead(200, { 'Content-Length': '100' })
  outgoing.write('{"access_token":"a-token"', () => outgoing.destroy())
}

test.each(INTERRUPTIONS)('an endpoint that %s is asked again', async (_, interrupt) => {
  const answers: Script[] = [interrupt, interrupt, interrupt]
  const server = await startScripted((asked, outgoing) => (answers.shift() ?? (() => ({})))(asked, outgoing))
  const env = { ...developer(), IDENTITY_ENDPOINT: server.url, IDENTITY_HEADER: 'x' }
  expect((await defaultCredential(surroundings({ env })).getToken(SCOPE)).token).toBe('a-token')
})

test('Docker Desktop\u2019s word for an address that it cannot reach stops the chain where a variable names it', async () => {
  const server = await startScripted(() => ({ status: 403, body: 'connecting to an unreachable host' }))
  const env = { ...developer(), IDENTITY_ENDPOINT: server.url, IDENTITY_HEADER: 'x' }
  await expect(defaultCredential(surroundings({ env })).getToken(SCOPE)).rejects.toMatchObject({
    code: 'endpoint_down',
  })
})

test('however many callers find it away, it is waited for once', async () => {
  const env = { IDENTITY_ENDPOINT: AWAY, IDENTITY_HEADER: 'x' }
  const world = surroundings({ env })
  const credential = defaultCredential(world)
  const scopes = ['a', 'a', 'b', 'c', 'a', 'b']
  const outcomes = await Promise.allSettled(scopes.map((scope) => credential.getToken(scope)))
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'endpoint_down' } })
  }
  expect(total(world.waited)).toBeLessThanOrEqual(7000)
})

test('callers for the same share a refusal, and one for another resource asks for itself', async () => {
  const server = await startScripted(({ target }) =>
    target.includes('resource=a') ? { status: 400, body: { error: 'invalid_resource' } } : {},
  )
  const env = { IDENTITY_ENDPOINT: server.url, IDENTITY_HEADER: 'x' }
  const credential = defaultCredential(surroundings({ env }))
  const [first, second, other] = ['a', 'a', 'b'].map((scope) => credential.getToken(scope))
  await expect(first).rejects.toMatchObject({ code: 'endpoint_refused' })
  await expect(second).rejects.toMatchObject({ code: 'endpoint_refused' })
  expect((await other)?.token).toBe('a-token')
  expect(server.asked).toHaveLength(2)
})

/** An Arc agent whose challenges name these files in turn, the last one again and again; only "there.key" is there. */
async function arc(names: string[]) {
  const keyFolder = join(temporaryFolder(), 'tokens')
  mkdirSync(keyFolder, { mode: 0o750 })
  writeFileSync(join(keyFolder, 'there.key'), 'a-key')
  const server = await startScripted(({ headers }) => {
    if (headers.authorization) return {}
    const name = names.length > 1 ? names.shift() : names[0]
    const challenge = { 'Www-Authenticate': `Basic realm=${join(keyFolder, `${name}.key`)}` }
    return { status: 401, headers: challenge, body: {} }
  })
  const env = { IDENTITY_ENDPOINT: server.url, IMDS_ENDPOINT: server.url }
  const world = surroundings({ env, keyFolder })
  return { server, world, credential: managedCredential(world) }
}

test('an agent that stopped before its key was read, and took the file along, is asked for another', async () => {
  const { credential, server } = await arc(['gone', 'gone', 'there'])
  expect((await credential.getToken(SCOPE)).token).toBe('a-token')
  expect(server.asked).toHaveLength(4)
})

test('a key file that is never there is not waited for long: the folder is another', async () => {
  const { credential, world } = await arc(['gone'])
  await expect(credential.getToken(SCOPE)).rejects.toMatchObject({ code: 'key_file_missing' })
  expect(total(world.waited)).toBeLessThanOrEqual(2000)
})

const TOKEN_PROGRAM = fileURLToPath(new URL('token-program.mjs', import.meta.url))
const GIVING_UP = fileURLToPath(new URL('giving-up-program.mjs', import.meta.url))

async function run(program: string, variables: Record<string, string>): Promise<string> {
  const client = join(temporaryFolder(), 'client.mjs')
  await bundleClient(client)
  const { PATH } = process.env
  const env = { PATH, ...variables }
  const { stdout } = await promisify(execFile)(process.execPath, [program, client], { env, timeout: 60_000 })
  return stdout
}

test('a program that starts before its agent gets its token', async () => {
  const busy = createServer().listen(0, '127.0.0.1')
  await once(busy, 'listening')
  const { port } = busy.address() as AddressInfo
  const agent = createAgent({
    endpoints: [{ style: 'app-service', secret: 'a-secret', port }],
    identity: IDENTITY,
    source: new FakeSource(),
  })
  onTestFinished(() => agent.stop())
  const url = `http://127.0.0.1:${port}/msi/token`
  const printed = run(TOKEN_PROGRAM, endpointVariables({ style: 'app-service', url, secret: 'a-secret' }))
  const [, { socket }] = await once(busy, 'request')
  socket.resetAndDestroy()
  busy.close()
  await agent.start()
  expect(Number(await printed)).toBeGreaterThan(0)
})

test('a program that has given up ends, whatever the endpoint asks it to wait', async () => {
  const server = await startScripted(() => ({ status: 503, headers: { 'Retry-After': '600' }, body: {} }))
  const variables = { IDENTITY_ENDPOINT: server.url, IDENTITY_HEADER: 'x' }
  expect(await run(GIVING_UP, variables)).toBe('AbortError')
})
