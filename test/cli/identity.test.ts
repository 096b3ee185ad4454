/** User-assigned identities of `run` and `dev`, with roles of their own. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { bundleProgram, makeCommand, type TestCommand } from './command.ts'

const VAULT = 'https://vault.azure.net'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

test('under run each identity does with the key vault what its role allows, and an SDK finds it by the variable', async () => {
  const program = await bundleProgram(command, 'identity-program')
  const secrets = join(command.folder, 'secrets.json')
  writeFileSync(secrets, '{"kept":"from the start"}')
  const flags = [
    ...['--identity', 'AZURE_CLIENT_ID=worker', '--identity', 'CLERK_ID=clerk'],
    ...['--identity-role', `worker=${VAULT}=Key Vault Secrets User`],
    ...['--with', 'key-vault', '--secrets', secrets],
  ]
  const env = { AZURE_CLIENT_ID: 'of-another' }
  const ended = await command.run(['run', ...flags, '--', process.execPath, program], { env })
  expect(JSON.parse(ended.stdout)).toEqual({
    default: { status: 200, isWorker: true, roles: ['Key Vault Secrets User'] },
    clerk: { status: 403, isWorker: false },
    machine: { status: 200, isWorker: false, roles: ['Key Vault Secrets Officer'] },
  })
  expect(ended.code).toBe(0)
  expect(command.leftovers()).toEqual([])
})

test('dev has the roles that it is told this time, and writes the client id into its variables', async () => {
  const state = join(command.folder, 'state')
  const rolesOf = async (...roles: string[]) => {
    const flags = roles.flatMap((role) => ['--identity-role', `worker=api://a=b=${role}`])
    const args = ['dev', '--json', '--state-dir', state, '--identity', 'WORKER_ID=worker', ...flags]
    await using running = command.start(args)
    onTestFinished(() => void running.child.kill('SIGKILL'))
    await running.wrote('}\n')
    const { clientId } = JSON.parse(running.stdout).identities.worker
    const { stdout } = await command.run(['env', '--state-dir', state, '--json'])
    expect(JSON.parse(stdout).variables).toMatchObject({ WORKER_ID: clientId })
    const ask = ['token', '--state-dir', state, '--client-id', clientId, '--resource', 'api://a=b']
    const token = await command.run([...ask, '--decode', '--json'])
    running.child.kill('SIGINT')
    expect((await running.ended).code).toBe(0)
    return JSON.parse(token.stdout).claims.roles
  }
  expect((await rolesOf('One', 'Two')).sort()).toEqual(['One', 'Two'])
  expect(await rolesOf('Two')).toEqual(['Two'])
})

test.each([
  [['--identity', 'a b'], '"--identity": "a b" is no name'],
  [['--identity', 'A B=worker'], '"--identity": "A B" is no variable'],
  [['--identity', 'X=one-a', '--identity', 'X=two-b'], 'the variable "X" is there twice'],
  [['--identity', 'www', '--identity', 'X=WWW'], '"www" and "WWW" name one identity'],
  [['--identity-role', 'worker=api://a=R'], 'the machine has no identity "worker"'],
  [
    ['--identity', 'worker', '--identity-role', 'worker=R'],
    '"--identity-role": "R" is no audience with a role',
  ],
  [['--identity', 'worker', '--identity-role', 'worker=api://a/.default=R'], '"api://a/.default" is a scope'],
  [['--identity', 'worker', '--as', 'workload-identity'], '"--identity" is of no use with'],
])('run %j is refused before anything starts', async (flags, reason) => {
  expect(await command.run(['run', ...flags, '--', 'true'])).toMatchObject({
    code: 23,
    stderr: expect.stringContaining(reason),
  })
  expect(command.leftovers()).toEqual([])
})

test('run and dev refuse to give the place of a variable that leads programs to a client id or a token file', async () => {
  for (const flags of [
    ['--identity', 'IDENTITY_ENDPOINT=worker'],
    ['--token-file', 'LANDFAST_FAULT_SOCKET=api://a'],
  ]) {
    for (const args of [
      ['run', ...flags, '--', 'true'],
      ['dev', ...flags],
    ])
      expect(await command.run(args)).toMatchObject({ code: 23, stderr: expect.stringMatching(/" is taken/) })
  }
  expect(command.leftovers()).toEqual([])
})
