/**
 * The rules of names in a path, by the name of the parameter. They are checked before any look-up.
 *
 * @see https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
 * @module
 */

import { ArmError } from './arm-error.ts'

/** Patterns of the parameters that have one. */
const PATTERNS: ReadonlyMap<string, RegExp> = new Map([
  ['resourceGroupName', /^[-\w.()]{0,89}[-\w()]$/],
  ['machineName', /^[a-zA-Z0-9-_.]{1,54}$/],
  ['identityName', /^[a-zA-Z0-9][a-zA-Z0-9-_]{2,127}$/],
])

/** What an id can be made of at all. */
const SEGMENT = /^(?!\.+$)[\w.()-]+$/

/**
 * Checks every name in `params`.
 *
 * @throws {ArmError} `InvalidResourceGroupName` or `InvalidResourceName`.
 */
export function checkNames(params: Readonly<Record<string, string>>): void {
  for (const [parameter, name] of Object.entries(params)) {
    const pattern = PATTERNS.get(parameter)
    if (!pattern || (pattern.test(name) && SEGMENT.test(name))) continue
    if (parameter === 'resourceGroupName') throw new ArmError('InvalidResourceGroupName', { name })
    throw new ArmError('InvalidResourceName', { name, pattern: pattern.source })
  }
}
