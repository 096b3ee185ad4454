/** `landfast token` at an endpoint that is not what it should be. */

import { chownSync, linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startScripted, TOKEN_BODY } from '../client/scripted-server.ts'
import { testWith } from '../privilege.ts'
import { makeCommand, type TestCommand } from './command.ts'

const KEY = 'marked-secret'
const OTHER_USER_ID = 54_321

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** A key folder with one key file, and an endpoint that gives a token for any key. */
async function startChallenging(name: string) {
  const keyFolder = join(command.folder, name)
  mkdirSync(keyFolder, { mode: 0o750 })
  const keyFile = join(keyFolder, 'one.key')
  writeFileSync(keyFile, KEY, { mode: 0o640 })
  const server = await startScripted(({ headers }) =>
    headers.authorization ? {} : { status: 401, headers: { 'Www-Authenticate': `Basic realm=${keyFile}` } },
  )
  const run = (env = {}) =>
    command.run(['token', '--key-folder', keyFolder], { env: { IDENTITY_ENDPOINT: server.url, ...env } })
  return { server, keyFile, run }
}

test('a proxy of the environment is never asked', async () => {
  const { run } = await startChallenging('proxied')
  const nowhere = 'http://127.0.0.1:1'
  const env = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: nowhere, http_proxy: nowhere }
  expect(await run(env)).toMatchObject({ code: 0, stdout: `${TOKEN_BODY.access_token}\n`, stderr: '' })
})

test('an endpoint that a variable names is waited for while it starts anew', async () => {
  const interruptions = [true, true]
  const server = await startScripted((_, outgoing) =>
    interruptions.pop() ? void outgoing.socket?.resetAndDestroy() : {},
  )
  const env = { IDENTITY_ENDPOINT: server.url, IDENTITY_HEADER: KEY }
  expect(await command.run(['token'], { env })).toMatchObject({
    code: 0,
    stdout: `${TOKEN_BODY.access_token}\n`,
    stderr: '',
  })
  expect(server.asked).toHaveLength(3)
})

test.each([
  ['the agent of Arc', {}],
  ['an endpoint with a secret', { IDENTITY_HEADER: KEY }],
])(
  '%s is asked for a new token with --bypass-cache, and for the one that it has without',
  async (_, more) => {
    const server = await startScripted(() => ({}))
    const env = { IDENTITY_ENDPOINT: server.url, ...more }
    expect(await command.run(['token'], { env })).toMatchObject({ code: 0 })
    expect(await command.run(['token', '--bypass-cache'], { env })).toMatchObject({ code: 0 })
    const asked = server.asked.map(({ target }) =>
      new URL(target, 'http://x').searchParams.get('bypass_cache'),
    )
    expect(asked).toEqual([null, 'true'])
  },
)

test('whoever led to an endpoint that does not answer is named in the hint', async () => {
  const hintOf = async (env: Record<string, string>) => {
    const { code, stderr } = await command.run(['token'], { env })
    expect(code).toBe(61)
    return stderr.split('\n').at(-2)
  }
  const nothing = { IDENTITY_ENDPOINT: 'http://127.0.0.1:1/x', IDENTITY_HEADER: KEY }
  expect(await hintOf(nothing)).toContain('variables of this shell lead there')
  expect(await hintOf({ AZURE_FEDERATED_TOKEN_FILE: '/x' })).toContain('a workload identity has no endpoint')
})

test('a key file with a second name is refused, and its content goes nowhere', async () => {
  const { server, keyFile, run } = await startChallenging('linked')
  linkSync(keyFile, join(command.folder, 'second-name'))
  const { code, stdout, stderr } = await run()
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toBe(
    `landfast: the key file cannot be used: "${keyFile}" has other names as well\nhint: see who wrote it, and what answers at this address\n`,
  )
  expect(server.asked).toHaveLength(1)
})

testWith(['root'], 'a key file of another user with a second name is refused', async () => {
  const { server, keyFile, run } = await startChallenging('foreign')
  linkSync(keyFile, join(command.folder, 'name-of-another'))
  chownSync(keyFile, OTHER_USER_ID, 0)
  const { code, stderr } = await run()
  expect(code).toBe(1)
  expect(stderr).toContain(`"${keyFile}" belongs to user id ${OTHER_USER_ID}`)
  expect(stderr).not.toContain(KEY)
  expect(server.asked).toHaveLength(1)
})

test('an Arc endpoint on another machine is sent nothing', async () => {
  const env = { IDENTITY_ENDPOINT: 'http://192.0.2.1/x', IMDS_ENDPOINT: 'http://192.0.2.1' }
  const { code, stderr } = await command.run(['token'], { env })
  expect(code).toBe(23)
  expect(stderr).toMatch(/^landfast: "http:\/\/192\.0\.2\.1\/x" is no endpoint\nhint: .*of this machine.*\n$/)
})

test('a secret that no header can hold is said, and not shown', async () => {
  const env = { IDENTITY_ENDPOINT: 'http://127.0.0.1:1/x', IDENTITY_HEADER: `${KEY}\n` }
  const { code, stderr } = await command.run(['token'], { env })
  expect(code).toBe(23)
  expect(stderr).toMatch(/\nhint: "secret" holds a character that no header can, such as a line break\n$/)
  expect(stderr).not.toContain(KEY)
})

test('in the form of Google a token is one line with its end, and nothing is on stderr', async () => {
  const body = { ...TOKEN_BODY, expires_on: '4000000000' }
  const server = await startScripted(() => ({ body }))
  const env = { IDENTITY_ENDPOINT: server.url, IDENTITY_HEADER: KEY }
  const { code, stdout, stderr } = await command.run(['token', '--format', 'google'], { env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(stdout)).toEqual({
    version: 1,
    success: true,
    token_type: 'urn:ietf:params:oauth:token-type:jwt',
    id_token: TOKEN_BODY.access_token,
    expiration_time: Number(body.expires_on),
  })
})

test('in the form of Google a failure is an answer with its code, on stdout alone', async () => {
  const env = { IDENTITY_ENDPOINT: 'http://127.0.0.1:1/x', IDENTITY_HEADER: KEY }
  const { code, stdout, stderr } = await command.run(['token', '--format', 'google'], { env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, success: false, code: 'endpoint_silent' })
})

test('an identity is asked for by its client id, and refused where the style cannot select one', async () => {
  const server = await startScripted(() => ({}))
  const ask = (env: Record<string, string>) => command.run(['token', '--client-id', 'one'], { env })
  expect((await ask({ IDENTITY_ENDPOINT: server.url, IDENTITY_HEADER: KEY })).code).toBe(0)
  expect(server.asked.map(({ target }) => new URL(target, server.url).searchParams.get('client_id'))).toEqual(
    ['one'],
  )
  expect((await ask({ MSI_ENDPOINT: server.url })).code).toBe(23)
})
