/**
 * The action as a runner runs it: a workflow under act, and its steps one by one by the runner's contract.
 */

import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { findBuiltProgram } from '../../scripts/built-program.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { ROOT, trialArtifact } from '../package/trial-build.ts'
import { ACT } from './act-program.ts'

const ACTION = join(ROOT, 'packaging/action')
const NAME = `landfast-1.2.3-linux-${process.arch}.tar.gz`

/** Of a program that goes on until it is ended. */
const ON = 'while :; do sleep 0.1; done'

const asItIs = (archive: Uint8Array): Uint8Array => archive
const twice = (archive: Uint8Array): Uint8Array => Buffer.concat([archive, archive])

/** A repository whose workflow uses the action, as act checks it out. */
async function makeRepository(): Promise<string> {
  const folder = temporaryFolder()
  const from = (name: string) => join(import.meta.dirname, name)
  cpSync(ACTION, join(folder, 'packaging/action'), { recursive: true })
  mkdirSync(join(folder, '.github/workflows'), { recursive: true })
  copyFileSync(from('workflow.yml'), join(folder, '.github/workflows/test.yml'))
  copyFileSync(from('application.mjs'), join(folder, 'application.mjs'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  copyFileSync(await trialArtifact(temporaryFolder(), 'tar'), join(folder, 'landfast.tar.gz'))
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
      cwd: folder,
    })
  git('init', '--quiet')
  git('add', '.')
  git('commit', '--quiet', '--message', 'all')
  return folder
}

test('later steps of a job have an identity, a failing job ends it, and no log has the secret', {
  timeout: 120_000,
}, async ({ skip }) => {
  const [act] = findBuiltProgram(ACT) ?? []
  if (!act) return skip('the runner "act" was not built; "npm run setup:parts" does that')
  // Not below TMPDIR: a runner's folders are deep in it, and the path of a socket may have 107 bytes.
  const home = mkdtempSync('/tmp/landfast-')
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const path = `${dirname(process.execPath)}:${process.env.PATH}`
  const run = promisify(execFile)(act, ['push', '--platform', 'ubuntu-latest=-self-hosted'], {
    cwd: await makeRepository(),
    env: { HOME: home, PATH: path, TMPDIR: home },
  })
  const { stdout } = await run.then(
    () => expect.unreachable('the last step fails'),
    (error: { stdout: string }) => error,
  )
  const [, principal] = /principal ([\da-f-]{36}), secret \*\*\*/.exec(stdout) ?? []
  expect(stdout).toContain(`the token of ${principal} says Orders.Read,Orders.Write`)
  expect(stdout).toMatch(/\| {"faults":\[\],"identities":\[{"name":"worker",/)
  expect(stdout).toMatch(/worker [\da-f-]{36}/)
  expect(stdout).toMatch(/Success - Post \.\/packaging\/action/)
  expect(globSync('.cache/act/*/tmp/landfast-setup-*', { cwd: home })).toEqual([])
  expect(readdirSync('/proc').filter((id) => isOf(id, home))).toEqual([])
})

/** Whether a process runs for the home folder of a runner. */
function isOf(id: string, home: string): boolean {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(home)
  } catch {
    return false
  }
}

test('the release’s archive is installed if it has the hash of the release’s list', async () => {
  const step = await runSetup(await release(asItIs))
  expect(step.code, step.stdout).toBe(0)
  const place = readFileSync(step.files.GITHUB_PATH, 'utf8').trim()
  expect(readFileSync(join(place, 'landfast'), 'utf8')).toContain('the program')
})

test.each([
  ['another archive than the list', {}, twice, 'not '],
  ['a hash that is none', { INPUT_SHA256: 'abc' }, asItIs, '64 hexadecimal digits'],
  ['another hash than that of the archive', { INPUT_SHA256: 'a'.repeat(64) }, asItIs, 'nothing was unpacked'],
  ['a version that is none', { INPUT_VERSION: '../latest' }, asItIs, 'is no version'],
  ['a version that was not released', { INPUT_VERSION: '9.9.9' }, asItIs, 'the server answered 404'],
  ['an action without a release', { GITHUB_ACTION_REPOSITORY: '' }, asItIs, 'give "archive"'],
  ['a file that is not there', { INPUT_ARCHIVE: 'gone.tar.gz' }, asItIs, 'gone.tar.gz'],
  ['neither true nor false', { INPUT_START: 'maybe' }, asItIs, 'must be true or false'],
])('%s fails the step, and says why', async (_case, env, spoil, message) => {
  const step = await runSetup({ ...(await release(spoil)), ...env })
  expect(step.code).toBe(1)
  expect(step.stdout).toMatch(/^::error::/m)
  expect(step.stdout).toContain(message)
})

test('what an emulator says that does not start is said by the step', async () => {
  const step = await runSetup({ ...(await release(asItIs)), INPUT_START: 'true' })
  expect(step).toMatchObject({ code: 1, stdout: expect.stringContaining('did not start: no such flag') })
})

test('variables of the job that lead SDKs elsewhere are named on the page of the run', async () => {
  const answers = '{"omitted":[],"competing":["AZURE_CLIENT_ID"],"variables":{}}'
  const program = `case $1 in dev) echo '{}'; ${ON} ;; env) echo '${answers}' ;; esac`
  const step = await runSetup({ ...(await release(asItIs, program)), INPUT_START: 'true' })
  onTestFinished(() => endEmulator(step.files))
  expect(step.stdout).toMatch(/^::warning::.*: AZURE_CLIENT_ID$/m)
})

test('an emulator that started is ended with the job, also where the step failed after that', async () => {
  const program = `case $1 in dev) echo '{}'; ${ON} ;; env) exit 1 ;; esac`
  const step = await runSetup({ ...(await release(asItIs, program)), INPUT_START: 'true' })
  expect(step.code).toBe(1)
  const { folder = '' } = stateIn(step.files)
  const running = () => readdirSync('/proc').filter((id) => isOf(id, folder))
  expect(running()).toHaveLength(1)
  endEmulator(step.files)
  expect(running()).toEqual([])
})

test('every input and output that the action names is one that its programs read and set', () => {
  const { inputs, outputs } = parse(readFileSync(join(ACTION, 'action.yml'), 'utf8'))
  const sources = globSync('*.mjs', { cwd: ACTION }).map((file) => readFileSync(join(ACTION, file), 'utf8'))
  for (const name of [...Object.keys(inputs), ...Object.keys(outputs)])
    expect(sources.join('\n')).toMatch(new RegExp(`['( ]${name}['):]`))
})

/** A server that has the release 1.2.3, whose archive came `spoiled`; the variables that lead to it. */
async function release(
  spoil: (archive: Uint8Array) => Uint8Array,
  program = 'echo "no such flag" >&2; exit 16',
): Promise<Record<string, string>> {
  const folder = join(temporaryFolder(), 'landfast-1.2.3')
  mkdirSync(folder)
  const script = `#!/bin/sh\n# the program\n${program}\n`
  writeFileSync(join(folder, 'landfast'), script, { mode: 0o755 })
  const archive = execFileSync('tar', ['-cz', '-C', dirname(folder), 'landfast-1.2.3'])
  const sums = `${'0'.repeat(64)}  other\n${createHash('sha256').update(archive).digest('hex')}  ${NAME}\n`
  const files: Record<string, Uint8Array | string> = { [NAME]: spoil(archive), SHA256SUMS: sums }
  const server = createServer(({ url = '' }, response) => {
    const file = files[url.replace('/owner/landfast/releases/download/v1.2.3/', '')]
    response.writeHead(file ? 200 : 404).end(file)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return {
    GITHUB_SERVER_URL: url,
    GITHUB_ACTION_REPOSITORY: 'owner/landfast',
    INPUT_VERSION: '1.2.3',
    INPUT_START: 'false',
  }
}

/** What a step kept for the end of the job. */
function stateIn({ GITHUB_STATE }: { GITHUB_STATE: string }): Record<string, string> {
  const kept = readFileSync(GITHUB_STATE, 'utf8').matchAll(/^(\w+)<<(.*)\n([\s\S]*?)\n\2$/gm)
  return Object.fromEntries([...kept].map(([, name = '', , value = '']) => [name, value]))
}

/** Runs the step at the end of the job. */
function endEmulator(files: { GITHUB_STATE: string }): void {
  const state = Object.entries(stateIn(files)).map(([name, value]) => [`STATE_${name}`, value])
  execFileSync(process.execPath, [join(ACTION, 'stop.mjs')], { env: Object.fromEntries(state) })
}

/** Runs the first step with the files of a runner. */
async function runSetup(env: Record<string, string>) {
  const folder = temporaryFolder()
  const names = ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_PATH'] as const
  const files = Object.fromEntries(names.map((name) => [name, join(folder, name)])) as Record<
    (typeof names)[number],
    string
  >
  for (const file of Object.values(files)) writeFileSync(file, '')
  const path = { PATH: process.env.PATH, RUNNER_TEMP: folder }
  const run = promisify(execFile)(process.execPath, [join(ACTION, 'setup.mjs')], {
    cwd: folder,
    env: { ...path, ...files, ...env },
  })
  const ended = await run.then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
  )
  if (ended.code !== 0) expect(existsSync(join(folder, 'state'))).toBe(false)
  return { ...ended, files }
}
