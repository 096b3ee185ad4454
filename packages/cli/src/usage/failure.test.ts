import { CommanderError } from 'commander'
import { expect, test } from 'vitest'
import { CliError } from '../cli-error.ts'
import { explainFailure } from './failure.ts'

test('commander’s refusals are told in our voice', () => {
  const error = new CommanderError(
    1,
    'commander.unknownOption',
    "error: unknown option '--x'\n(Did you mean --y?)",
  )
  expect(explainFailure(error)).toMatchObject({
    exitCode: 2,
    complaint: { message: 'unknown option "--x"', hints: ['did you mean "--y"?'] },
  })
})

test('help that was asked for is no failure; help for want of a command is', () => {
  expect(explainFailure(new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'))).toEqual({
    exitCode: 0,
  })
  expect(explainFailure(new CommanderError(0, 'commander.help', '(outputHelp)'))).toEqual({ exitCode: 0 })
  expect(explainFailure(new CommanderError(1, 'commander.help', '(outputHelp)'))).toEqual({ exitCode: 2 })
})

test('a CliError has its own exit code; any other error is 1, with its hint if it has one', () => {
  expect(explainFailure(new CliError('interrupted'))).toMatchObject({ exitCode: 11 })
  const other = Object.assign(new Error('no'), { hint: 'do' })
  expect(explainFailure(other)).toEqual({ exitCode: 1, complaint: { message: 'no', hints: ['do'] } })
  expect(explainFailure('text')).toMatchObject({ exitCode: 1, complaint: { message: 'text' } })
})
