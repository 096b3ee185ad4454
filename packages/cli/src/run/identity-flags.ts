/**
 * The flags by which a machine has user-assigned identities, each with its roles, and by which programs learn of their client ids.
 *
 * @see docs/emulator.md#user-assigned-identities
 * @module
 */

import type { MachineIdentity } from '@landfast/emulator'
import { IDENTITY_NAME_FORM, isIdentityName } from '@landfast/emulator/environment'
import type { AssignedIdentity } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { type Application, readRoles } from './application-flags.ts'
import { type GivenFault, unassignedOf } from './faults/fault-flags.ts'

/** As commander reads them. */
export interface IdentityFlags {
  identity?: readonly string[]
  identityRole?: readonly string[]
}

/** The identities that they ask for. */
export interface GivenIdentities {
  identities: readonly MachineIdentity[]
  /** The name of an identity by the variable that gets its client id. */
  variables: Readonly<Record<string, string>>
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

/** What `flags` say; `faults` may take an identity away from the start. @throws {CliError} `argument_invalid`. */
export function readIdentityFlags(
  { identity = [], identityRole = [] }: IdentityFlags,
  faults: readonly GivenFault[],
): GivenIdentities {
  const given = identity.map(readIdentity)
  const names = [...new Set(given.map(({ name }) => name))]
  refuseOtherCase(names)
  const roles = readIdentityRoles(identityRole, names)
  const unassigned = unassignedOf(faults, names)
  const identities = names.map((name) => {
    return { name, roles: roles.get(name) ?? {}, isAssigned: !unassigned.includes(name) }
  })
  return { identities, variables: readVariables(given) }
}

/** The variables with the client ids of `made`, the identities by their names. */
export function identityVariables(
  { variables }: GivenIdentities,
  made: Readonly<Record<string, AssignedIdentity>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([variable, name]) => [variable, made[name]?.clientId ?? '']),
  )
}

/** The flag in which something else goes wrong. */
function refuse(flag: '--identity' | '--identity-role', reason: string, hint: string): never {
  throw new CliError('argument_invalid', { detail: `"${flag}": ${reason}`, hints: [hint] })
}

interface NamedIdentity {
  name: string
  variable: string | undefined
}

/** A name, or a variable with a name behind "=". */
function readIdentity(text: string): NamedIdentity {
  const [, variable, name = ''] = /^(?:([^=]*)=)?(.*)$/s.exec(text) ?? []
  if (!isIdentityName(name)) refuse('--identity', `"${name}" is no name`, `a name has ${IDENTITY_NAME_FORM}`)
  if (variable !== undefined && !VARIABLE.test(variable))
    refuse('--identity', `"${variable}" is no variable`, 'write it as in AZURE_CLIENT_ID=worker')
  return { name, variable }
}

/** Azure knows no difference between them. */
function refuseOtherCase(names: readonly string[]): void {
  const twice = [...Map.groupBy(names, (name) => name.toLowerCase()).values()].find(
    ({ length }) => length > 1,
  )
  if (!twice) return
  const spellings = twice.map((name) => `"${name}"`).join(' and ')
  refuse('--identity', `${spellings} name one identity`, 'write it alike each time')
}

function readVariables(given: readonly NamedIdentity[]): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const { variable, name } of given) {
    if (variable === undefined) continue
    if (Object.hasOwn(variables, variable))
      refuse('--identity', `the variable "${variable}" is there twice`, 'a variable gets one client id')
    variables[variable] = name
  }
  return variables
}

/** The name ends at the first "=", since it has none. */
function readIdentityRoles(
  texts: readonly string[],
  names: readonly string[],
): ReadonlyMap<string, Application['roles']> {
  const byName = Map.groupBy(texts, (text) => text.split('=', 1)[0] ?? '')
  const roles = new Map<string, Application['roles']>()
  for (const [name, own] of byName) {
    if (!names.includes(name))
      refuse('--identity-role', `the machine has no identity "${name}"`, `name it first: --identity ${name}`)
    const pairs = own.map((text) => text.slice(name.length + 1))
    roles.set(name, readRoles(pairs, '--identity-role'))
  }
  return roles
}
