/**
 * The rules of names in a path, by the name of the parameter. They are checked before any look-up.
 *
 * @see https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
 * @module
 */

import { ArmError } from './arm-error.ts'

/** The pattern of each parameter that has one, and the same in words. */
const RULES: ReadonlyMap<string, readonly [pattern: RegExp, rule: string]> = new Map([
  [
    'resourceGroupName',
    [
      /^[-\w.()]{0,89}[-\w()]$/,
      "1 to 90 letters, digits, '-', '_', '.' and parentheses, and does not end with '.'",
    ],
  ],
  ['machineName', [/^[a-zA-Z0-9-_.]{1,54}$/, "1 to 54 letters, digits, '-', '_' and '.'"]],
  ['identityName', [/^[a-zA-Z0-9][a-zA-Z0-9-_]{2,127}$/, wordsBehindLetter(3, 128)]],
  [
    'federatedIdentityCredentialResourceName',
    [/^[a-zA-Z0-9][a-zA-Z0-9-_]{2,119}$/, wordsBehindLetter(3, 120)],
  ],
])

function wordsBehindLetter(least: number, most: number): string {
  return `${least} to ${most} letters, digits, '-' and '_', and begins with a letter or digit`
}

/** What an id can be made of at all. */
const SEGMENT = /^(?!\.+$)[\w.()-]+$/

/**
 * Checks every name in `params`.
 *
 * @throws {ArmError} `InvalidResourceGroupName` or `InvalidResourceName`.
 */
export function checkNames(params: Readonly<Record<string, string>>): void {
  for (const [parameter, name] of Object.entries(params)) {
    const [pattern, rule = ''] = RULES.get(parameter) ?? []
    if (!pattern || (pattern.test(name) && SEGMENT.test(name))) continue
    const isGroup = parameter === 'resourceGroupName'
    throw new ArmError(isGroup ? 'InvalidResourceGroupName' : 'InvalidResourceName', { name, rule })
  }
}
