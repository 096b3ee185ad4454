/**
 * `help` of every command that has others below it: it takes a whole path of commands, and refuses one that is not there.
 *
 * @module
 */

import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { similarName } from './similar-name.ts'

/** Gives `command`, and those below it, their `help`. */
export function addHelpCommands(command: Command): void {
  for (const child of command.commands) addHelpCommands(child)
  if (command.commands.length === 0) return
  command
    .helpCommand(false)
    .command('help')
    .description('tell about a command')
    .argument('[command...]', 'the command, such as "machine list"')
    .helpOption(false)
    .action((words: string[]) => commandAt(command, words).outputHelp())
}

/** @throws {CliError} `usage`. */
function commandAt(start: Command, words: readonly string[]): Command {
  let command = start
  for (const word of words) {
    const names = command.commands.map((child) => child.name())
    const child = command.commands.find((one) => [one.name(), ...one.aliases()].includes(word))
    if (!child) throw unknownCommand(word, names)
    command = child
  }
  return command
}

function unknownCommand(word: string, names: readonly string[]): CliError {
  const similar = similarName(word, names)
  const hint = similar === undefined ? '"landfast --help" lists what there is' : `did you mean "${similar}"?`
  return new CliError('usage', { detail: `unknown command "${word}"`, hints: [hint] })
}
