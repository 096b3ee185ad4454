/** The examples in other languages under the command: each passes with its retries, and fails without them. */

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBuiltProgram } from '../../scripts/built-program.ts'
import { findPython } from '../../scripts/python.ts'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { GO_EXAMPLE } from './example-programs.ts'

const EXAMPLES = join(import.meta.dirname, '../../examples/emulator')

/** What runs the test, and the number by which it never tries again. */
interface Language {
  program: readonly string[] | undefined
  never: string
}

const python = findPython()
const LANGUAGES: Readonly<Record<string, Language>> = {
  Python: {
    program: python
      ? [python, '-B', '-m', 'unittest', 'discover', '-s', join(EXAMPLES, 'python')]
      : undefined,
    never: '0',
  },
  Go: { program: findBuiltProgram(GO_EXAMPLE), never: '-1' },
}

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

describe.each(Object.entries(LANGUAGES))('in %s', (name, { program = [], never }) => {
  const run = (env: Record<string, string>) =>
    command.run(['run', '--fault', '429,retry-after=1', '--', ...program], { env })

  test('the application has its orders although the service is busy at first', async ({ skip }) => {
    skip(program.length === 0, `${name} has no Azure clients here; "npm run setup:parts" installs them`)
    const { code, stdout, stderr } = await run({})
    expect([code, stdout + stderr]).toEqual([0, expect.stringMatching(/^(OK|PASS)$/m)])
  })

  test('its test fails where it does not try again', async ({ skip }) => {
    skip(program.length === 0, `${name} has no Azure clients here; "npm run setup:parts" installs them`)
    const { code, stdout, stderr } = await run({ MAX_RETRIES: never })
    expect([code, stdout + stderr]).toEqual([1, expect.stringContaining('ManagedIdentityCredential')])
  })
})
