/**
 * What the declaration of every command needs, whatever it is about.
 *
 * @module
 */

import { type Command, InvalidArgumentError, type Option } from 'commander'
import { CliError } from './cli-error.ts'
import { readPath } from './flags.ts'

/** Told the exit code of a command. */
export type End = (exitCode: number) => void

/** What the help of a command ends with. */
export function example(line: string): string {
  return `\nExample:\n  ${line}\n`
}

/** How help and docs write a value that is a path; one with a parser of its own is read there. */
const PATH = /<(file|dir|path)>$/

/** How a command names standard input. */
const STANDARD_INPUT = '-'

type Parser = (text: string, previous: unknown) => unknown

/**
 * Reads the values of all flags in one way, those of the commands below `command` as well: a path is meant from the
 * folder in which the command runs, and a flag is no value of the flag before it in `args`.
 */
export function readValues(command: Command, args: readonly string[]): void {
  for (const option of command.options.filter(({ required }) => required)) {
    const parse = parserOf(option)
    option.argParser((text: string, previous: unknown) => {
      refuseFlag(text, { option, command, args })
      return parse(text, previous)
    })
  }
  for (const child of command.commands) readValues(child, args)
}

function parserOf(option: Option): Parser {
  if (option.parseArg) return option.parseArg
  if (PATH.test(option.flags)) return parsePath
  if (!option.variadic) return (text) => text
  return (text, previous) => (Array.isArray(previous) ? [...previous, text] : [text])
}

/** @throws {InvalidArgumentError} if nobody can mean it. */
function parsePath(text: string): string {
  if (text === STANDARD_INPUT) return text
  try {
    return readPath(text, '.')
  } catch (cause) {
    throw new InvalidArgumentError(`it ${(cause as Error).message}`)
  }
}

/** @throws {CliError} `argument_missing` if `text` looks like a flag and stands alone after that of `option`. */
function refuseFlag(
  text: string,
  { option, command, args }: { option: Option; command: Command; args: readonly string[] },
): void {
  if (!text.startsWith('--') && !command.options.some(({ short }) => short === text)) return
  const index = args.findIndex(
    (arg, at) => args[at + 1] === text && [option.short, option.long].includes(arg),
  )
  if (index === -1) return
  const hints = [`a value that begins so is written "${option.long}=${text}"`]
  throw new CliError('argument_missing', { detail: `"${args[index]}" has no value before "${text}"`, hints })
}
