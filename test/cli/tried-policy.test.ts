/** A policy tried without a real machine: `landfast run --policy` and `landfast dev --policy`. */

import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { testWith } from '../privilege.ts'
import { type Ended, makeCommand, type TestCommand } from './command.ts'

const STORAGE = 'https://storage.azure.com'
const VAULT = 'https://vault.azure.net'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** Puts a policy that allows `audience` alone in the place of `name`, as whoever changes one does. */
function writePolicy(name: string, audience: string): string {
  const file = join(command.folder, name)
  writeFileSync(`${file}.new`, JSON.stringify({ rules: [{ name: 'one', effect: 'allow', audience }] }))
  renameSync(`${file}.new`, file)
  return file
}

/** What a program gets under `landfast run`. */
function runAsking(resource: string, ...flags: readonly string[]): Promise<Ended> {
  return command.run([
    'run',
    ...flags,
    '--',
    ...command.argv,
    'token',
    '--resource',
    resource,
    '--decode',
    '--json',
  ])
}

test('run gives its command what the policy allows, and says why it gives nothing else', async () => {
  const policy = writePolicy('run.yaml', STORAGE)
  const allowed = await runAsking(STORAGE, '--policy', policy)
  expect(allowed).toMatchObject({ code: 0 })
  expect(JSON.parse(allowed.stdout).claims.aud).toBe(STORAGE)
  const denied = await runAsking(VAULT, '--policy', policy)
  expect(denied).toMatchObject({ stdout: '' })
  expect(denied.code).not.toBe(0)
  expect(denied.stderr).toContain(`audience "${VAULT}"; no rule of ${policy} allows it`)
  expect(command.leftovers()).toEqual([])
})

test('run finds a policy by a path of the present folder', async () => {
  writePolicy('here.yaml', STORAGE)
  expect((await runAsking(STORAGE, '--policy', 'here.yaml')).code).toBe(0)
  expect((await runAsking(VAULT, '--policy', './here.yaml')).code).not.toBe(0)
})

testWith(['linux', 'namespaces'], 'run asks the policy in the Arc style too', async () => {
  const policy = writePolicy('arc.yaml', STORAGE)
  expect(await runAsking(STORAGE, '--as', 'arc', '--policy', policy)).toMatchObject({ code: 0 })
  const denied = await runAsking(VAULT, '--as', 'arc', '--policy', policy)
  expect(denied.stderr).toContain(`no rule of ${policy} allows it`)
})

test.each([
  ['broken', 'rules:\n  - name: a\n    efect: allow\n', 'broken.yaml:3: unknown field "efect"'],
  ['missing', undefined, '(ENOENT)'],
])('with a policy that is %s neither run nor dev starts, and nothing is left', async (name, text, why) => {
  const policy = join(command.folder, `${name}.yaml`)
  if (text !== undefined) writeFileSync(policy, text)
  for (const args of [
    ['run', '--policy', policy, '--', 'true'],
    ['dev', '--policy', policy],
  ]) {
    const ended = await command.run(args)
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toContain(why)
  }
  expect(command.leftovers()).toEqual([])
})

test('a policy is refused where it would decide nothing', async () => {
  const policy = writePolicy('workload.yaml', STORAGE)
  const ended = await command.run(['run', '--as', 'workload-identity', '--policy', policy, '--', 'true'])
  expect(ended).toMatchObject({ code: 23, stdout: '' })
  expect(ended.stderr).toContain('"--policy" is of no use with "--as workload-identity"')
})

test('dev reads a changed policy by itself, and keeps the one before a broken one', async () => {
  const policy = writePolicy('dev.yaml', STORAGE)
  const running = command.start(['dev', '--json', '--policy', policy])
  await running.wrote('}\n')
  const { stateDir } = JSON.parse(running.stdout)
  const ask = (resource: string) =>
    command.run(['token', '--state-dir', stateDir, '--resource', resource, '--decode', '--json'])
  expect([(await ask(STORAGE)).code, (await ask(VAULT)).code === 0]).toEqual([0, false])
  writePolicy('dev.yaml', VAULT)
  await vi.waitFor(async () => expect((await ask(VAULT)).code).toBe(0), { timeout: 50_000, interval: 500 })
  expect((await ask(STORAGE)).stderr).toContain(`no rule of ${policy} allows it`)
  writeFileSync(policy, 'rules: {}')
  await running.wrote('policy_broken')
  expect((await ask(VAULT)).code).toBe(0)
  running.child.kill('SIGINT')
  expect((await running.ended).code).toBe(0)
  expect(command.leftovers()).toEqual([])
})
