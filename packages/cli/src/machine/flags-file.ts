/**
 * The flags of a command from a file, as `azcmagent --config` has them: JSON or YAML, whose keys are the names of flags. The
 * command line and variables come before it.
 *
 * @see docs/connect.md#many-servers
 * @module
 */

import { dirname, resolve } from 'node:path'
import type { Command, Option } from 'commander'
import { parse } from 'yaml'
import { CliError } from '../cli-error.ts'
import { readSecretFile } from '../files/secret-file.ts'
import { readTrustedFile } from '../files/trusted-file.ts'
import { readPath } from '../flags.ts'
import { meantHint } from '../usage/similar-name.ts'

/** Flags that are a secret, and the variable by which the command takes that without a warning. */
const SECRET_VARIABLES: Readonly<Record<string, string>> = {
  'join-token': 'LANDFAST_JOIN_TOKEN',
  'service-principal-secret': 'LANDFAST_SERVICE_PRINCIPAL_SECRET',
  'access-token': 'LANDFAST_ACCESS_TOKEN',
}

/** What is no flag of a file: the file itself, and help. */
const NOT_IN_FILE: readonly string[] = ['config', 'help']

const PATH = /<(file|dir|path)>$/

/**
 * Gives `command` the flags that `file` has and its command line has not.
 *
 * @throws {CliError} `config_invalid`, `config_unreadable`, `config_open`, or `secret_file_unsafe` if it holds a secret that
 * others may read.
 */
export async function applyFlagsFile(
  command: Command,
  file: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const entries = await readEntries(file)
  if (entries.some(([name]) => name in SECRET_VARIABLES)) await readSecretFile(file)
  for (const [name, value] of entries) {
    const option = optionOf(command, name, file)
    const text = textOf(name, value, file)
    const variable = SECRET_VARIABLES[name]
    if (variable === undefined) applyOption(command, option, { text, file })
    // As a flag it would bring the warning that others see arguments, which a file is the cure for.
    else if (text !== 'false') environment[variable] ??= text
  }
}

/** JSON is YAML. */
async function readEntries(file: string): Promise<[name: string, value: unknown][]> {
  const text = await readTrustedFile(file)
  try {
    const value: unknown = parse(text, { uniqueKeys: true, prettyErrors: false })
    if (value === null) return []
    if (typeof value === 'object' && !Array.isArray(value)) return Object.entries(value)
  } catch (cause) {
    throw invalid(file, `cannot be understood: ${(cause as Error).message.split('\n')[0]}`)
  }
  throw invalid(file, 'must hold names of flags and their values, such as "location: cellar"')
}

function optionOf(command: Command, name: string, file: string): Option {
  const options = command.options.filter(({ long }) => long && !NOT_IN_FILE.includes(long.slice(2)))
  const option = options.find(({ long }) => long === `--${name}`)
  if (option) return option
  const names = options.filter(({ hidden }) => !hidden).map(({ long = '' }) => long?.slice(2) ?? '')
  throw new CliError('config_invalid', {
    detail: `"${file}" has the unknown key "${name}"`,
    hints: [meantHint(name, names)],
  })
}

function textOf(name: string, value: unknown, file: string): string {
  if (['string', 'number', 'boolean'].includes(typeof value)) return String(value)
  throw invalid(file, `has no text, number, true or false for "${name}"`)
}

function applyOption(command: Command, option: Option, { text, file }: { text: string; file: string }): void {
  const attribute = option.attributeName()
  if (['cli', 'env'].includes(command.getOptionValueSource(attribute) ?? '')) return
  if (option.isBoolean()) {
    if (text !== 'true' && text !== 'false')
      throw invalid(file, `takes true or false for "${option.long?.slice(2)}"`)
    if (text === 'true') command.setOptionValueWithSource(attribute, true, 'config')
    return
  }
  command.setOptionValueWithSource(attribute, readValue(option, text, file), 'config')
}

/** A path is meant from the folder of the file. */
function readValue(option: Option, text: string, file: string): string {
  if (!PATH.test(option.flags) || text === '-') return text
  try {
    return readPath(text, dirname(resolve(file)))
  } catch (cause) {
    throw invalid(file, `has for "${option.long?.slice(2)}" a value that ${(cause as Error).message}`)
  }
}

function invalid(file: string, what: string): CliError {
  return new CliError('config_invalid', { detail: `"${file}" ${what}` })
}
