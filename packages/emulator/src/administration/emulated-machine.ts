/**
 * The machine of a site: the user-assigned identities that were made for it, and those that it has at the moment.
 *
 * @module
 */

import type { AssignedIdentity, Identity } from '@landfast/protocol'
import { EmulatorError } from '../emulator-error.ts'
import type { AppRoles } from '../emulator-options.ts'
import type { AssignedIdentities } from '../site/assigned-identities.ts'
import { assignIdentities, makeIdentity, setAppRoles } from './identities.ts'
import type { ResourceManager } from './resource-manager.ts'

/** A user-assigned identity that is to be made for the machine. */
export interface MachineIdentity {
  name: string
  /** Its app roles, by their audience. */
  roles: AppRoles
  /** Whether the machine has it from the start. */
  isAssigned: boolean
}

/** A user-assigned identity, and whether the machine has it at the moment. */
export interface IdentityStanding extends AssignedIdentity {
  name: string
  isAssigned: boolean
}

/** What a machine is made of. */
export interface MachineParts {
  manager: () => Promise<ResourceManager>
  /** By which its agent learns of a change. */
  membership: AssignedIdentities
  /** The machine's own identity. */
  identity: Identity
}

/** One machine, which is given identities and loses them. */
export class EmulatedMachine {
  readonly #parts: MachineParts
  readonly #identities = new Map<string, AssignedIdentity>()

  constructor(parts: MachineParts) {
    this.#parts = parts
  }

  /** Every identity that it can have, by name. */
  get identities(): ReadonlyMap<string, AssignedIdentity> {
    return this.#identities
  }

  /** All of them, in the order in which they were made. */
  get standings(): readonly IdentityStanding[] {
    const assigned = this.#parts.membership.identities
    return Array.from(this.#identities, ([name, one]) => ({
      name,
      ...one,
      isAssigned: assigned.includes(one),
    }))
  }

  /** Makes `identities`, or finds them; for the audiences that their roles name they have these roles and no others. */
  async make(identities: readonly MachineIdentity[]): Promise<void> {
    if (identities.length === 0) return
    const manager = await this.#parts.manager()
    for (const { name, roles } of identities) {
      const identity = await makeIdentity(manager, this.#parts.identity.resourceId, name)
      await setAppRoles(manager, identity.principalId, roles)
      this.#identities.set(name, identity)
    }
    for (const isAssigned of [true, false]) {
      const names = identities.filter((one) => one.isAssigned === isAssigned).map(({ name }) => name)
      await this.#change(names, isAssigned)
    }
  }

  /** @throws {EmulatorError} `identity_unknown`. */
  async assign(name: string): Promise<void> {
    await this.#change([name], true)
  }

  /** @throws {EmulatorError} `identity_unknown`. */
  async unassign(name: string): Promise<void> {
    await this.#change([name], false)
  }

  /** The control plane first, since it has the last word. */
  async #change(names: readonly string[], isAssigned: boolean): Promise<void> {
    const { manager, membership, identity } = this.#parts
    const changed = names.map((name) => this.#find(name))
    if (changed.length === 0) return
    const change = new Map(changed.map((one) => [one, isAssigned]))
    await assignIdentities(await manager(), identity.resourceId, change)
    const others = membership.identities.filter((one) => !changed.includes(one))
    membership.replace(isAssigned ? [...others, ...changed] : others)
  }

  #find(name: string): AssignedIdentity {
    const found = this.#identities.get(name)
    if (found) return found
    const known = [...this.#identities.keys()].join(', ') || 'none'
    throw new EmulatorError('identity_unknown', `"${name}"; there are: ${known}`)
  }
}
