import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CliError } from './cli-error.ts'

const PAGE = readFileSync(new URL('../../../docs/command-line.md', import.meta.url), 'utf8')

test('docs/command-line.md has every code with its exit code, in the order of the table', () => {
  const rows = [...PAGE.matchAll(/^\| (\d+) +\| `(\w+)`/gm)].map(([, exitCode, code]) => [
    code,
    Number(exitCode),
  ])
  expect(rows).toEqual(CliError.codes.map((code) => [code, new CliError(code).exitCode]))
})

test('what stands in a sentence is not read as a pattern', () => {
  expect(new CliError('command_not_found', { detail: '$& $1 %s' }).message).toBe('"$& $1 %s" was not found')
})
