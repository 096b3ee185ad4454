/** The examples in which each test has a fault of its own, as docs/emulator.md tells it. */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findPython } from '../../scripts/python.ts'
import { makeCommand, type TestCommand } from '../cli/command.ts'

const ROOT = new URL('../../', import.meta.url)
const example = (path: string) => fileURLToPath(new URL(`examples/emulator/${path}`, ROOT))

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

test.each(['python/faults.py', 'go/faults_test.go'])('the page shows %s as it is', (path) => {
  const page = readFileSync(new URL('docs/emulator.md', ROOT), 'utf8')
  expect(page).toContain(readFileSync(example(path), 'utf8'))
})

test('in Python each test has a fault of its own', async ({ skip }) => {
  const python = findPython()
  if (!python) return skip('there is no Python with the Azure clients; run "npm run setup:parts"')
  const tests = ['sh', '-c', 'cd "$1" && exec "$2" -B -m unittest', 'sh', example('python'), python]
  const { code, stderr } = await command.run(['run', '--', ...tests])
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^Ran 3 tests in .*\n\nOK$/m)])
})

test('in Go each test has a fault of its own', async ({ skip }) => {
  const folder = example('go')
  if (!isGoReady(folder)) return skip('there is no Go with the modules of the example')
  const tests = ['sh', '-c', 'cd "$1" && exec go test -count=1 -v ./...', 'sh', folder]
  // Go keeps what it has built and loaded in the home of its user.
  const { code, stdout } = await command.run(['run', '--', ...tests], { env: { HOME: process.env.HOME } })
  expect([code, stdout.match(/^--- PASS/gm)?.length], stdout).toEqual([0, 3])
})

/** Whether the tests there compile. */
function isGoReady(cwd: string): boolean {
  try {
    execFileSync('go', ['vet', './...'], { cwd, stdio: 'ignore', env: { ...process.env, GOPROXY: 'off' } })
    return true
  } catch {
    return false
  }
}
