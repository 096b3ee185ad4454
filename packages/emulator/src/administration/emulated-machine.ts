/**
 * The machine of an emulator: the identities that were made for it, and those that it has at the moment.
 *
 * @module
 */

import type { AssignedIdentity, Identity } from '@landfast/protocol'
import { EmulatorError } from '../emulator-error.ts'
import type { CheckedOptions } from '../emulator-options.ts'
import type { AssignedIdentities } from '../site/assigned-identities.ts'
import { assignIdentities, giveAppRoles, makeIdentity } from './identities.ts'
import type { ResourceManager } from './resource-manager.ts'

/** Makes the identities of the options, by their names, and gives all their app roles. */
export async function makeIdentities(
  manager: ResourceManager,
  machine: Identity,
  { identities, roles }: Pick<CheckedOptions, 'identities' | 'roles'>,
): Promise<ReadonlyMap<string, AssignedIdentity>> {
  const made = new Map<string, AssignedIdentity>()
  await giveAppRoles(manager, machine.principalId, roles)
  for (const { name, roles } of identities) {
    const identity = await makeIdentity(manager, machine.resourceId, name)
    await giveAppRoles(manager, identity.principalId, roles)
    made.set(name, identity)
  }
  return made
}

interface MachineParts {
  manager: ResourceManager
  membership: AssignedIdentities
  /** Every identity that it can have, by name. */
  identities: ReadonlyMap<string, AssignedIdentity>
  resourceId: string
}

/** One machine, which is given identities and loses them. */
export class EmulatedMachine {
  readonly #parts: MachineParts

  constructor(parts: MachineParts) {
    this.#parts = parts
  }

  /** @throws {EmulatorError} `identity_unknown`. */
  async assign(names: readonly string[]): Promise<void> {
    await this.#change(names, true)
  }

  /** @throws {EmulatorError} `identity_unknown`. */
  async unassign(name: string): Promise<void> {
    await this.#change([name], false)
  }

  /** The control plane first, since it has the last word. */
  async #change(names: readonly string[], isAssigned: boolean): Promise<void> {
    const { manager, membership, resourceId } = this.#parts
    const changed = names.map((name) => this.#find(name))
    if (changed.length === 0) return
    await assignIdentities(manager, resourceId, new Map(changed.map((one) => [one, isAssigned])))
    const others = membership.identities.filter((one) => !changed.includes(one))
    membership.replace(isAssigned ? [...others, ...changed] : others)
  }

  #find(name: string): AssignedIdentity {
    const found = this.#parts.identities.get(name)
    if (found) return found
    const known = [...this.#parts.identities.keys()].join(', ') || 'none'
    throw new EmulatorError('identity_unknown', `"${name}"; the option "identities" names ${known}`)
  }
}
