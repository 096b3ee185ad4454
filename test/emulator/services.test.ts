import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { get } from 'node:https'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createEmulator } from '@landfast/emulator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from '../cli/command.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const WHOLE = join(ROOT, 'examples/emulator/whole')
const VAULT = 'https://vault.azure.net'

/** Where npm links the programs of a project. */
const WITH_AZURITE = { PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}` }

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** The processes that run Azurite for `folder`, which its certificate is in. */
async function azuritesOf(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const id of await readdir('/proc')) {
    const line = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')
    if (line.includes('azurite.js') && line.includes(folder)) found.push(id)
  }
  return found
}

test('the tests of a whole application run, and nothing is left of its services', async () => {
  const test = ['--', process.execPath, '--test', join(WHOLE, 'orders.check.ts')]
  const services = ['--with', 'azurite,key-vault', '--secrets', join(WHOLE, 'secrets.json')]
  const ended = await command.run(['run', ...services, ...test], { env: WITH_AZURITE })
  const { code, stdout, stderr } = ended
  expect(stdout).toMatch(/pass 2\n/)
  expect([code, stderr]).toEqual([0, ''])
  expect(await azuritesOf(command.folder)).toEqual([])
  expect(command.leftovers()).toEqual([])
})

test('a dev leads to its services, and Azurite ends even with a dev that is killed', async () => {
  const running = command.start(['dev', '--json', '--show-secret', '--with', 'azurite,key-vault'], {
    env: WITH_AZURITE,
  })
  await running.wrote('}\n')
  const { stateDir, variables } = JSON.parse(running.stdout)
  expect(variables).toMatchObject({
    AZURE_STORAGE_BLOB_ENDPOINT: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+\/[a-z2-7]{24}$/),
    AZURE_STORAGE_QUEUE_ENDPOINT: expect.any(String),
    AZURE_STORAGE_TABLE_ENDPOINT: expect.any(String),
    AZURE_KEY_VAULT_ENDPOINT: expect.any(String),
    NODE_EXTRA_CA_CERTS: expect.stringContaining(stateDir),
  })
  expect(await azuritesOf(stateDir)).toHaveLength(1)
  running.child.kill('SIGKILL')
  await running.ended
  await expect.poll(() => azuritesOf(stateDir)).toEqual([])
})

/** Does all that the library of the key vault can do with secrets, and prints what came of it. */
const VAULT_PROGRAM = `
import { DefaultAzureCredential } from '@azure/identity'
import { SecretClient } from '@azure/keyvault-secrets'
const options = { disableChallengeResourceVerification: true }
const vault = new SecretClient(process.env.AZURE_KEY_VAULT_ENDPOINT, new DefaultAzureCredential(), options)
const told = async (work) => await work().catch(({ statusCode, code }) => [statusCode, code].join(' '))
const first = await told(() => vault.setSecret('a', 'one', { tags: { x: 'y' } }))
if (typeof first === 'string') {
  console.log(first, (await told(() => vault.getSecret('kept'))).value)
  process.exit()
}
await vault.setSecret('a', 'two', { expiresOn: new Date('2030-01-01') })
const old = await vault.getSecret('a', { version: first.properties.version })
const names = []
for await (const { name } of vault.listPropertiesOfSecrets()) names.push(name)
let versions = 0
for await (const _ of vault.listPropertiesOfSecretVersions('a')) versions += 1
const { tags } = await vault.updateSecretProperties('a', first.properties.version, { contentType: 'text' })
const deletion = await vault.beginDeleteSecret('a', { intervalInMs: 1 })
await deletion.pollUntilDone()
const gone = await told(() => vault.getSecret('a'))
const deleted = []
for await (const { name } of vault.listDeletedSecrets()) deleted.push(name)
await (await vault.beginRecoverDeletedSecret('a', { intervalInMs: 1 })).pollUntilDone()
const back = (await vault.getSecret('a')).value
await (await vault.beginDeleteSecret('a', { intervalInMs: 1 })).pollUntilDone()
await vault.purgeDeletedSecret('a')
const purged = await told(() => vault.getDeletedSecret('a'))
console.log(JSON.stringify({ old: old.value, names, versions, tags, gone, deleted, back, purged }))`

async function runProgram(env: Readonly<Record<string, string>>): Promise<string> {
  const options = { env: { PATH: process.env.PATH ?? '', ...env }, cwd: import.meta.dirname }
  const args = ['--input-type=module', '--eval', VAULT_PROGRAM]
  return (await promisify(execFile)(process.execPath, args, options)).stdout.trim()
}

test('the official library does all with secrets whose identity is an officer', async () => {
  await using emulator = await createEmulator({
    services: ['key-vault'],
    roles: { [VAULT]: ['Key Vault Secrets Officer'] },
  })
  expect(JSON.parse(await runProgram(emulator.env))).toEqual({
    old: 'one',
    names: ['a'],
    versions: 2,
    tags: { x: 'y' },
    gone: '404 SecretNotFound',
    deleted: ['a'],
    back: 'two',
    purged: '404 SecretNotFound',
  })
})

test.each([
  [{}, '403 Forbidden undefined'],
  [{ [VAULT]: ['Key Vault Secrets User'] }, '403 Forbidden from the start'],
])('the official library is refused what the roles %j do not allow', async (roles, said) => {
  await using emulator = await createEmulator({
    services: ['key-vault'],
    secrets: { kept: 'from the start' },
    roles,
  })
  expect(await runProgram(emulator.env)).toBe(said)
})

test('this process reaches the services once the emulator leads it, and trusts them no more afterwards', async () => {
  await using emulator = await createEmulator({ services: ['key-vault'] })
  const url = `${emulator.env.AZURE_KEY_VAULT_ENDPOINT}/secrets`
  const ask = async () => {
    // No connection that was trusted before.
    const request = get(url, { agent: false })
    const [answer] = await once(request, 'response')
    answer.resume()
    return answer.statusCode
  }
  await expect(ask()).rejects.toMatchObject({ code: expect.stringContaining('SIGNATURE') })
  {
    using _applied = emulator.applyEnv()
    expect(await ask()).toBe(401)
    expect(process.env.AZURE_KEY_VAULT_ENDPOINT).toBe(emulator.env.AZURE_KEY_VAULT_ENDPOINT)
  }
  await expect(ask()).rejects.toMatchObject({ code: expect.stringContaining('SIGNATURE') })
  expect(process.env.AZURE_KEY_VAULT_ENDPOINT).toBeUndefined()
})

test('a role is the last one that was named, also in a folder that is kept', async () => {
  const folder = join(command.folder, 'kept')
  const claims = `${process.execPath} -e 'fetch(process.env.IDENTITY_ENDPOINT + "?api-version=2019-08-01&resource=${VAULT}",
    { headers: { "X-IDENTITY-HEADER": process.env.IDENTITY_HEADER } }).then((it) => it.json()).then((it) =>
    console.log(JSON.parse(Buffer.from(it.access_token.split(".")[1], "base64url")).roles))'`
  const roles = async (...flags: string[]) =>
    (await command.run(['run', '--state-dir', folder, ...flags, '--', 'sh', '-c', claims])).stdout
  expect(await roles('--with', 'key-vault')).toContain("[ 'Key Vault Secrets Officer' ]")
  expect(await roles('--role', `${VAULT}=Key Vault Reader`)).toContain("[ 'Key Vault Reader' ]")
})

test('secrets may come by a pipe, which can be read once', async () => {
  const prefix = ['sh', '-c', `echo '{ "a": "b" }' | "$@"`, 'sh']
  const ended = await command.run(['run', '--with', 'key-vault', '--secrets', '/dev/stdin', '--', 'true'], {
    prefix,
  })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
})

test('a file of secrets may begin with a mark of the byte order', async () => {
  writeFileSync(join(command.folder, 'marked.json'), '\uFEFF{ "a": "b" }')
  const ended = await command.run(['run', '--with', 'key-vault', '--secrets', 'marked.json', '--', 'true'])
  expect(ended).toMatchObject({ code: 0, stderr: '' })
})

test.each([
  [['--with', 'azurit'], 23, '"azurit" is no service'],
  [['--secrets', 'x'], 23, '"--secrets" is of no use'],
  [['--with', 'key-vault', '--secrets', 'absent'], 19, 'absent" cannot be read'],
  [['--with', 'key-vault', '--secrets', 'wrong.json'], 19, 'is no JSON object of texts'],
  [['--with', 'key-vault', '--secrets', 'name.json'], 19, '"a_b" is no name'],
  [['--role', 'x'], 23, 'is no audience with a role'],
  [['--role', `${VAULT}/.default=Key Vault Reader`], 23, `write its audience: "${VAULT}=Key Vault Reader"`],
  [['--with', 'key-vault,azurite'], 69, 'npm install --save-dev azurite'],
])('%j is refused, and nothing is left', async (flags, code, reason) => {
  writeFileSync(join(command.folder, 'wrong.json'), '{ "a": "marked", }')
  writeFileSync(join(command.folder, 'name.json'), '{ "a_b": "marked" }')
  const mark = join(command.folder, 'started')
  const ended = await command.run(['run', ...flags, '--', 'touch', mark], { env: { PATH: '/usr/bin:/bin' } })
  expect(ended).toMatchObject({ code, stderr: expect.stringContaining(reason) })
  expect(ended.stderr).not.toContain('marked')
  expect(existsSync(mark)).toBe(false)
})
