/**
 * `landfast dev` at an address that other hosts reach.
 */

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { makeCommand, type TestCommand } from './command.ts'

const SECRET = 'a-secret-of-a-test'
const QUERY = 'api-version=2019-08-01&resource=https://vault.azure.net'

interface Notes {
  url: string
  stateDir: string
  identities: Record<string, { clientId: string; principalId: string }>
}

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

async function startDev(flags: readonly string[], env: Record<string, string> = {}) {
  const running = command.start(['dev', '--json', ...flags], { env })
  onTestFinished(async () => {
    running.child.kill('SIGTERM')
    expect((await running.ended).code).toBe(0)
  })
  await running.wrote('}\n')
  return { running, notes: JSON.parse(running.stdout) as Notes }
}

async function statusOf(url: string, secret: string): Promise<number> {
  return (await fetch(`${url}?${QUERY}`, { headers: { 'X-IDENTITY-HEADER': secret } })).status
}

test('dev listens at the address that is named, and takes the secret of the variable alone', async () => {
  const { running, notes } = await startDev(['--host', '127.0.0.2'], { LANDFAST_IDENTITY_HEADER: SECRET })
  expect(new URL(notes.url).hostname).toBe('127.0.0.2')
  expect(await statusOf(notes.url, SECRET)).toBe(200)
  expect(await statusOf(notes.url, `${SECRET}s`)).toBe(401)
  expect(running.stdout + running.stderr).not.toContain(SECRET)
  expect((await command.run(['token', '--state-dir', notes.stateDir, '--decode'])).code).toBe(0)
})

test('at every address it names loopback, by which programs of its own host reach it', async () => {
  const file = join(command.folder, 'secret')
  writeFileSync(file, `${SECRET}\n`, { mode: 0o600 })
  const { notes } = await startDev(['--host', '0.0.0.0', '--identity-header-file', file])
  expect(new URL(notes.url).hostname).toBe('127.0.0.1')
  expect(await statusOf(notes.url.replace('127.0.0.1', '127.0.0.3'), SECRET)).toBe(200)
})

test('dev says what other hosts do not reach', async () => {
  await using running = command.start(['dev', '--host', '0.0.0.0', '--with', 'key-vault'])
  await running.wrote('Ctrl-C stops it')
  expect(running.stderr).toMatch(
    /do not reach the control plane, nor services of --with: those listen on 127\.0\.0\.1 alone/,
  )
})

test('dev gives the machine identities of the names that are given, and says their client ids', async () => {
  const flags = ['--identity', 'worker', '--identity', 'reports']
  const { notes } = await startDev(flags, { LANDFAST_IDENTITY_HEADER: SECRET })
  const { worker, reports } = notes.identities
  const ask = [
    'token',
    '--state-dir',
    notes.stateDir,
    '--decode',
    '--json',
    '--client-id',
    worker?.clientId ?? '',
  ]
  expect(JSON.parse((await command.run(ask)).stdout).claims).toMatchObject({ oid: worker?.principalId })
  expect(reports?.clientId).not.toBe(worker?.clientId)
})

test.each([
  [['--identity', 'a b'], {}, '"--identity": "a b" is no name'],
  [['--host', 'identity'], {}, '"--host": "identity" is no address'],
  [['--as', 'arc', '--host', '0.0.0.0'], {}, '"--host" is of no use in the arc style'],
  [
    ['--as', 'vm', '--identity-header-file', 'x'],
    {},
    '"--identity-header-file" is of no use in the vm style',
  ],
  [[], { LANDFAST_IDENTITY_HEADER: 'short' }, 'LANDFAST_IDENTITY_HEADER holds no secret'],
  [[], { LANDFAST_IDENTITY_HEADER: 'with a space in it' }, 'LANDFAST_IDENTITY_HEADER holds no secret'],
])('dev %j with %j is refused', async (flags, env, message) => {
  const { code, stderr } = await command.run(['dev', ...flags], { env })
  expect([code, stderr]).toEqual([23, expect.stringContaining(message)])
  expect(stderr).not.toContain('with a space in it')
})

test('a file that others may read, or that is empty, is refused', async () => {
  const file = join(command.folder, 'open')
  writeFileSync(file, '', { mode: 0o600 })
  expect((await command.run(['dev', '--identity-header-file', file])).stderr).toContain('holds no secret')
  chmodSync(file, 0o644)
  expect((await command.run(['dev', '--identity-header-file', file])).code).not.toBe(0)
})
