import { expect, test } from 'vitest'
import { runProgram } from './program-run.ts'

test('a program that cannot be started has no exit code and no output, whatever the reason is', async () => {
  const none = { code: undefined, output: '' }
  expect(await runProgram('/nowhere/program', [])).toEqual(none)
  expect(await runProgram('/bin/true', ['a\0b'])).toEqual(none)
})
