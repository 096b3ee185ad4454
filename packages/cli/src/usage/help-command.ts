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

/**
 * Refuses `landfast machine foo --help`, for which commander would print the help of what is above.
 *
 * @throws {CliError} `usage`.
 */
export function refuseUnknownHelp(program: Command, args: readonly string[]): void {
  const end = args.findIndex((word) => word.startsWith('-'))
  if (HELP_FLAGS.includes(args[end] ?? '')) commandAt(program, args.slice(0, end), { isWhole: false })
}

const HELP_FLAGS: readonly string[] = ['-h', '--help']

/** The command that `words` name; the rest of them may be its arguments if they need not be all. @throws {CliError} `usage`. */
function commandAt(start: Command, words: readonly string[], { isWhole } = { isWhole: true }): Command {
  let command = start
  for (const word of words) {
    if (!isWhole && command.commands.length === 0) return command
    const child = command.commands.find((one) => [one.name(), ...one.aliases()].includes(word))
    if (!child) throw unknownCommand(word, command)
    command = child
  }
  return command
}

function unknownCommand(word: string, parent: Command): CliError {
  const similar = similarName(
    word,
    parent.commands.map((child) => child.name()),
  )
  const hint =
    similar === undefined ? `"${pathOf(parent)} --help" lists what there is` : `did you mean "${similar}"?`
  return new CliError('usage', { detail: `unknown command "${word}"`, hints: [hint] })
}

/** As it is typed. */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}
