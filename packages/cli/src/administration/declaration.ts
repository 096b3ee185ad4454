/**
 * Declares the administrative commands: this file has their common part, and each noun has a separate file.
 *
 * @module
 */

import { type Command, InvalidArgumentError } from 'commander'
import { DEFAULT_GROUP } from './resource-names.ts'

/** Told the exit code of a command. */
export type End = (exitCode: number) => void

/** One command of a noun. */
export interface Verb {
  /** Its name and arguments. */
  usage: string
  description: string
  example: string
}

/** Adds a command to `noun`. */
export function addVerb(noun: Command, { usage, description, example }: Verb): Command {
  return noun
    .command(usage)
    .description(description)
    .option('-j, --json', 'print one JSON line')
    .addHelpText('after', `\nExample:\n  landfast ${example}\n`)
}

/** Says in which resource group a name is looked for. */
export function addPlace(command: Command, whole = `default: "${DEFAULT_GROUP}"`): Command {
  return addSubscription(command.option('-g, --resource-group <name>', `the resource group (${whole})`))
}

/** Says in which subscription. */
function addSubscription(command: Command): Command {
  return command.option('-s, --subscription-id <id>', 'the subscription (default: that of the login)')
}

/** Answers the question before something is deleted. */
export function addYes(command: Command): Command {
  return command.option('-y, --yes', 'do not ask')
}

/** A whole number above zero. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('it must be a number from 1 on')
}
