/**
 * A machine as the registry knows it, and the rules of its name.
 *
 * @see https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
 * @module
 */

import type { Identity } from '@landfast/protocol'
import type { PrincipalState } from '../storage/schema.ts'
import { RegistryError } from './registry-error.ts'

/** A machine and its system-assigned identity. */
export interface Machine {
  name: string
  resourceGroup: string
  location: string
  /** A GUID by which the machine knows itself. */
  vmId: string
  tags: Readonly<Record<string, string>>
  state: Exclude<PrincipalState, 'deleted'>
  identity: Identity
}

/** Where a machine is in the tree of resources. */
export interface MachinePlace {
  subscriptionId: string
  resourceGroup: string
  name: string
  location: string
}

const NAME = /^[\w.-]{1,54}$/
const GROUP = /^[\w.()-]{0,89}[\w()-]$/
const LOCATION = /^[a-z\d-]{1,64}$/i

/**
 * Checks each part of `place`.
 *
 * @throws {RegistryError} `name_malformed`, `group_malformed` or `location_malformed`.
 */
export function checkPlace(place: MachinePlace): void {
  if (!NAME.test(place.name)) throw new RegistryError('name_malformed')
  if (!GROUP.test(place.resourceGroup)) throw new RegistryError('group_malformed')
  if (!LOCATION.test(place.location)) throw new RegistryError('location_malformed')
}

/** The ARM id of the machine at `place`. */
export function machineResourceId({ subscriptionId, resourceGroup, name }: MachinePlace): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.HybridCompute/machines/${name}`
}
