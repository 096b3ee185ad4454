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

describe('in Python, with a service beside the endpoint', () => {
  const run = (service: string, example: string) =>
    command.run(['run', '--with', service, '--', python ?? '', '-B', join(EXAMPLES, example)])
  const MISSING = 'Python has no Azure clients here; "npm run setup:parts" installs them'

  test('azure-keyvault-secrets keeps a secret in the vault and reads it', async ({ skip }) => {
    skip(!python, MISSING)
    expect(await run('key-vault', 'whole/greeting.py')).toMatchObject({ code: 0, stdout: 'hello\n' })
  })

  test('mssql-python signs in by the connection string as it is', async ({ skip }) => {
    skip(!python, MISSING)
    expect(await run('sql', 'sql/who.py')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^[\da-f-]{36}@[\da-f-]{36}\n$/),
    })
  })
})
