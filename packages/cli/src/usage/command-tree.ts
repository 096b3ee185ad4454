/**
 * The commands, flags and values of the command line as plain data, read from the declarations of the commands themselves: what
 * shell completion and the manual are made of.
 *
 * @module
 */

import type { EventEmitter } from 'node:events'
import type { Argument, Command, Option } from 'commander'

/** What a value is, as far as a shell can complete it. */
export type ValueKind = 'none' | 'file' | 'dir' | 'choices' | 'other'

/** A flag. */
export interface FlagEntry {
  /** `-j`, if it has one. */
  short: string | undefined
  long: string
  /** As help writes its value, `<file>`; empty without one. */
  value: string
  kind: ValueKind
  choices: readonly string[]
  description: string
}

/** A command, by the words that lead to it. */
export interface CommandEntry {
  /** `machine list`; empty for the program itself. */
  path: string
  description: string
  /** As help writes them, `[properties...]`. */
  operands: readonly string[]
  /** The words that its first operand may be. */
  operandChoices: readonly string[]
  flags: readonly FlagEntry[]
  /** The names of the commands below it, with what they do. */
  commands: readonly { name: string; description: string }[]
  /** Command lines, as help ends with them. */
  examples: readonly string[]
}

const FILE = /<(file|path)>$/
const FOLDER = /<dir>$/

/** Values that are written out in the place of a name. */
const WRITTEN_OUT = /<([\w-]+(?:\|[\w-]+)+)>$/

/** `program` and every command below it, each before those below it. What help does not show is not there. */
export function commandTree(program: Command): CommandEntry[] {
  return entriesOf(program, '')
}

function entriesOf(command: Command, path: string): CommandEntry[] {
  const below = command.createHelp().visibleCommands(command)
  const entry = entryOf(command, { path, below })
  return [entry, ...below.flatMap((child) => entriesOf(child, `${path} ${child.name()}`.trim()))]
}

function entryOf(
  command: Command,
  { path, below }: { path: string; below: readonly Command[] },
): CommandEntry {
  const operands = command.registeredArguments
  return {
    path,
    description: command.description(),
    operands: operands.map(operandText),
    operandChoices: operands[0]?.argChoices ?? [],
    flags: command.createHelp().visibleOptions(command).map(flagOf),
    commands: below.map((child) => ({ name: child.name(), description: child.description() })),
    examples: examplesOf(command),
  }
}

function operandText(operand: Argument): string {
  const name = operand.name() + (operand.variadic ? '...' : '')
  return operand.required ? `<${name}>` : `[${name}]`
}

function flagOf(option: Option): FlagEntry {
  const { short, long = '', flags, argChoices } = option
  const [value = ''] = /<.*>$|\[.*\]$/.exec(flags) ?? []
  const writtenOut = WRITTEN_OUT.exec(flags)?.[1]?.split('|')
  const choices = argChoices ?? writtenOut ?? []
  return {
    short,
    long: long ?? '',
    value,
    kind: kindOf(flags, value, choices),
    choices,
    description: describe(option),
  }
}

/** As help does: what it may be, and what it is without the flag. */
function describe({ description, defaultValue, envVar, argChoices }: Option): string {
  const notes = [
    argChoices ? `one of ${argChoices.join(', ')}` : '',
    typeof defaultValue === 'string' && defaultValue !== '' ? `default: ${defaultValue}` : '',
    envVar ? `env: ${envVar}` : '',
  ].filter((note) => note !== '')
  return notes.length === 0 ? description : `${description} (${notes.join(', ')})`
}

function kindOf(flags: string, value: string, choices: readonly string[]): ValueKind {
  if (value === '') return 'none'
  if (choices.length > 0) return 'choices'
  if (FILE.test(flags)) return 'file'
  return FOLDER.test(flags) ? 'dir' : 'other'
}

/** What was added after the help is asked for as help itself does; commander does not say that it is an emitter. */
function examplesOf(command: Command): string[] {
  let text = ''
  const write = (part: string): void => {
    text += part
  }
  const heard = command as unknown as EventEmitter
  heard.emit('afterHelp', { error: false, command, write })
  return Array.from(text.matchAll(/^ {2}(\S.*)$/gm), ([, line = '']) => line)
}
