import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FolderLock, lockFolder } from '@landfast/agent'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from './command.ts'

/** Far more than a pipe holds. */
const VARIABLES = Array.from({ length: 40 }, (_, index) => [`V${index}`, `${index}`.repeat(100_000)])

/** The longest argument that Linux takes is 131,071 bytes; a pipe holds 65,536. */
const LONG_NAME = 'x'.repeat(120_000)

const PYTHON = `
import subprocess, sys
ended = subprocess.run(sys.argv[1:], capture_output=True)
print(ended.returncode, len(ended.stdout), len(ended.stderr))
`
const SLOW_PYTHON = `
import sys
total = 0
while chunk := sys.stdin.buffer.raw.read(512): total += len(chunk)
print(total)
`

const CLOSED_TERMINAL = `
import os, subprocess, sys
ours, theirs = os.openpty()
started = subprocess.Popen(sys.argv[1:], stdout=theirs, stderr=subprocess.PIPE)
os.close(theirs)
os.close(ours)
_, stderr = started.communicate()
print(started.returncode, stderr)
`

let command: TestCommand
let folder: string
let lock: FolderLock
/** Prints millions of bytes: the variables of a dev that this process stands for. */
let args: string[]

beforeAll(async () => {
  command = await makeCommand()
  folder = join(command.folder, 'dev')
  mkdirSync(folder, { mode: 0o700 })
  const held = lockFolder(folder)
  if ('heldBy' in held) throw new Error(held.heldBy)
  lock = held
  writeFileSync(join(folder, 'dev.json'), JSON.stringify({ envFile: 'env.sh' }))
  writeFileSync(
    join(folder, 'env.sh'),
    VARIABLES.map(([name, value]) => `export ${name}='${value}'\n`).join(''),
  )
  args = ['env', '--state-dir', folder, '--json']
})
afterAll(() => {
  lock.release()
  command.remove()
})

const EXPECTED = `${JSON.stringify({ envFile: 'env.sh', variables: Object.fromEntries(VARIABLES), omitted: [], competing: [] })}\n`

function isThere(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0
}

function shell(line: string): { prefix: string[] } {
  return { prefix: ['sh', '-c', line, 'sh'] }
}

test('every byte of a result arrives through a pipe, as JSON and as text', async () => {
  const { stdout, ...others } = await command.run(args)
  expect(others).toMatchObject({ code: 0, stderr: '' })
  expect(stdout === EXPECTED).toBe(true)
  const text = await command.run(['env', '--state-dir', folder, '--show-secret'])
  expect(text.stdout).toHaveLength(
    VARIABLES.reduce((sum, [name = '', value = '']) => sum + name.length + value.length + 11, 0),
  )
})

test('every byte of a failure arrives, and every byte before it', async () => {
  const { code, stderr } = await command.run([LONG_NAME])
  expect(code).toBe(2)
  expect(stderr).toContain(`unknown command "${LONG_NAME}"\n`)
  expect(stderr).toMatch(/\nhint: .*\n$/)
})

test('every byte arrives at a reader that is slow, and at Python’s capture_output', async (context) => {
  if (!isThere('python3')) context.skip('there is no "python3" here')
  const { stderr: refusal } = await command.run([LONG_NAME])
  const slow = await command.run(args, shell(`"$@" | python3 -c '${SLOW_PYTHON}'`))
  expect(slow).toMatchObject({ stdout: `${EXPECTED.length}\n`, stderr: '' })
  const slowFailure = await command.run([LONG_NAME], shell(`"$@" 2>&1 | python3 -c '${SLOW_PYTHON}'`))
  expect(slowFailure.stdout).toBe(`${refusal.length}\n`)
  const captured = await command.run(args, { prefix: ['python3', '-c', PYTHON] })
  expect(captured.stdout).toBe(`0 ${EXPECTED.length} 0\n`)
  const failed = await command.run([LONG_NAME], { prefix: ['python3', '-c', PYTHON] })
  expect(failed.stdout).toBe(`2 0 ${refusal.length}\n`)
})

test('every byte arrives on a terminal', async (context) => {
  if (!isThere('script')) context.skip('there is no "script" here to make a terminal')
  const { stdout } = await command.run(args, shell('script -qfec "$*" /dev/null </dev/null'))
  expect(stdout.length).toBe(EXPECTED.length + 1)
  expect(stdout === EXPECTED.replace('\n', '\r\n')).toBe(true)
})

test('a reader that goes away is no failure, and nothing is said about it', async () => {
  for (const reader of ['head -c 1', 'true', 'head -c 100000']) {
    const { stderr } = await command.run(args, shell(`{ "$@"; echo "code $?" >&2; } | ${reader} >/dev/null`))
    expect(stderr).toBe('code 0\n')
  }
  const failed = await command.run(
    [LONG_NAME],
    shell('{ "$@" 2>&1; echo "code $?" >&2; } | head -c 1 >/dev/null'),
  )
  expect(failed.stderr).toBe('code 2\n')
})

test('a terminal that was closed is no failure', async (context) => {
  if (!isThere('python3')) context.skip('there is no "python3" here')
  const { stdout } = await command.run(args, { prefix: ['python3', '-c', CLOSED_TERMINAL] })
  expect(stdout).toBe("0 b''\n")
})

test('a closed stream is not missed', async () => {
  expect(await command.run(args, shell('exec "$@" >&-'))).toMatchObject({ code: 0, stderr: '' })
  expect(await command.run(args, shell('exec "$@" 2>&-'))).toMatchObject({ code: 0 })
  expect((await command.run([LONG_NAME], shell('exec "$@" >&- 2>&-'))).code).toBe(2)
})

test('a disk that gets full on the way is a failure in one line', async () => {
  const file = join(command.folder, 'output')
  const full = await command.run(args, shell(`ulimit -f 100; exec "$@" >'${file}'`))
  expect(full.code).toBe(1)
  expect(full.stderr).toMatch(/^landfast: the output cannot be written: EFBIG.*\n$/)
  const unseen = await command.run(args, shell('exec "$@" >/dev/full 2>/dev/full'))
  expect(unseen.code).toBe(1)
})

test('a service whose log cannot be written works on, and fails at its end', async () => {
  const flags = ['control-plane', '--state-dir', join(command.folder, 'state'), '--port', '0', '--json']
  const running = command.start(flags, shell('exec "$@" 2>/dev/full'))
  await running.wrote('"url"')
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(1)
})
