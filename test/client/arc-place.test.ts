/** The client where an Arc agent has its place on a machine, in a view of the machine that `landfast run` makes. */

import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ARC_KEY_FOLDER } from '@landfast/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleClient } from '../../scripts/bundle.ts'
import { makeCommand, OTHER_USER, type TestCommand } from '../cli/command.ts'
import { whatIsLacking } from '../privilege.ts'
import { findRuntime, RUNTIMES } from './runtimes.ts'

const PROGRAM = fileURLToPath(new URL('challenge-program.mjs', import.meta.url))
const AUDIENCE = 'https://vault.azure.net'

let command: TestCommand
let file: string
beforeAll(async () => {
  command = await makeCommand()
  file = join(command.folder, 'client.mjs')
  await bundleClient(file)
  chmodSync(file, 0o644)
})
afterAll(() => command.remove())

test.for(RUNTIMES)('on %s the challenge is answered', async (name, { skip }) => {
  const lacking = whatIsLacking(['linux', 'namespaces'])
  if (lacking) return skip(lacking)
  const runtime = findRuntime(name)
  if (!runtime) return skip('the runtime is not installed; run "npm run setup:parts"')
  const { stdout, stderr } = await command.run(['run', '--as', 'arc', '--', ...runtime, PROGRAM, file])
  expect(stdout, stderr).toMatch(/^\{/)
  expect(JSON.parse(stdout)).toEqual({
    path: expect.stringMatching(new RegExp(`^${ARC_KEY_FOLDER}/[0-9a-f-]{36}\\.key$`)),
    audience: AUDIENCE,
    again: true,
    same: true,
    explained: 'chosen: arc (found by IDENTITY_ENDPOINT and IMDS_ENDPOINT)',
  })
})

test('an ordinary user, in whose view root is somebody else, gets a token as well', async ({ skip }) => {
  const lacking = whatIsLacking(['linux', 'root', 'namespaces', 'setpriv'])
  if (lacking) return skip(lacking)
  const [node = ''] = command.argv
  const args = ['run', '--as', 'arc', '--', node, '--input-type=module', '-e', program(file)]
  const { stdout, stderr } = await command.run(args, { prefix: ['setpriv', ...OTHER_USER, '--'] })
  expect(stdout, stderr).toBe(AUDIENCE)
})

/** The program must be readable for that user, so it is given as text. */
function program(client: string): string {
  return `const { getToken } = await import(${JSON.stringify(client)})
    const [, payload] = (await getToken(${JSON.stringify(AUDIENCE)})).split('.')
    process.stdout.write(JSON.parse(Buffer.from(payload, 'base64url').toString()).aud)`
}
