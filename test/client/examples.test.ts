/** The example programs for the client, as they are, each where it belongs. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStorage } from '../../packages/cli/src/demo/storage.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { testWith, UNSHARE } from '../privilege.ts'

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url))
const NODE = [process.execPath, '--disable-warning=ExperimentalWarning', '--conditions=source']
const VAULT_PROGRAM = fileURLToPath(new URL('key-vault-program.ts', import.meta.url))
const JWT = /eyJ[\w-]{20}/

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

function program(name: string): string[] {
  return [...NODE, join(EXAMPLES, name)]
}

test('a blob is uploaded with the client’s credential, and read back', async () => {
  const running = command.start(['dev', '--json'], { env: MOVED_CLOCK })
  await running.wrote('}\n')
  const { stateDir, caFile } = JSON.parse(running.stdout)
  const shown = await command.run(['env', '--state-dir', stateDir, '--json', '--show-secret'], {
    env: MOVED_CLOCK,
  })
  const azurite = await startStorage(EXAMPLES, join(stateDir, 'control-plane'))
  try {
    const { PATH } = process.env
    const { variables } = JSON.parse(shown.stdout)
    const env = {
      PATH,
      ...MOVED_CLOCK,
      ...variables,
      NODE_EXTRA_CA_CERTS: caFile,
      BLOB_ENDPOINT: azurite.endpoints.blob,
    }
    const [file = '', ...args] = program('client-blob.ts')
    const { stdout } = await promisify(execFile)(file, args, { env, timeout: 60_000 })
    expect(stdout).toMatch(/^uploaded \d+ bytes to https:\S+ and read the same back\n$/)
  } finally {
    await azurite.stop()
    running.child.kill('SIGINT')
    await running.ended
  }
})

testWith(
  ['linux', 'namespaces', 'ip'],
  'a key vault that verifies tokens gives its secret to the identity that may read it, and to no other',
  async () => {
    const argvs = [command.argv, program('client-key-vault.ts')].map((argv) => JSON.stringify(argv))
    const [file, ...args] = [...UNSHARE, ...NODE, VAULT_PROGRAM, temporaryFolder(), ...argvs]
    const { stdout } = await promisify(execFile)(file, args, { timeout: 60_000 })
    const { allowed, denied, unproven } = JSON.parse(stdout)
    expect(allowed).toMatch(
      /^https:\/\/example\.vault\.azure\.net\/secrets\/database-password\/0{32} has 13 characters\n$/,
    )
    expect(denied).toContain('Forbidden')
    expect(unproven).toEqual([401, 401])
    expect(stdout).not.toMatch(JWT)
    expect(stdout).not.toContain('marked-secret')
  },
)

testWith(['linux', 'namespaces'], 'the challenge is answered step by step', async () => {
  const env = { ...process.env, RESOURCE: 'https://vault.azure.net' }
  const { code, stdout, stderr } = await command.run(
    ['run', '--as', 'arc', '--', ...program('client-raw.ts')],
    {
      env,
    },
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(
    /^the key is in \/var\/opt\/azcmagent\/tokens\/[\da-f-]+\.key\na token until \S+Z\n$/,
  )
  expect(stdout).not.toMatch(JWT)
})

test('where a token comes from is explained, and no token is shown', async () => {
  const env = { ...process.env, RESOURCE: 'https://vault.azure.net' }
  const { code, stdout } = await command.run(['run', '--', ...program('client-explain.ts')], { env })
  expect(code).toBe(0)
  expect(stdout).toContain('chosen: app-service (found by')
  expect(stdout).not.toMatch(JWT)
})
