/**
 * Flags that several verbs have.
 *
 * @module
 */

import { type Command, InvalidArgumentError } from 'commander'
import { DEFAULT_GROUP } from './resource-names.ts'

/** Says in which resource group a name is looked for. */
export function addPlace(command: Command, whole = `default: "${DEFAULT_GROUP}"`): Command {
  return addSubscription(command.option('-g, --resource-group <name>', `the resource group (${whole})`))
}

/** Says in which resource group, or in all of them. */
export function addPlaceOrAll(command: Command): Command {
  return addPlace(command, 'default: all')
}

/** Says in which subscription. */
function addSubscription(command: Command): Command {
  return command.option('-s, --subscription-id <id>', 'the subscription (default: that of the login)')
}

/** Answers the question before something is deleted. */
export function addYes(command: Command): Command {
  return command.option('-y, --yes', 'do not ask')
}

/** Both, for what is deleted by its name. */
export function addPlaceAndYes(command: Command): Command {
  return addYes(addPlace(command))
}

/** A whole number above zero. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('it must be a number from 1 on')
}
