/**
 * A request about a machine: its path and body, read and in the registry's terms.
 *
 * @module
 */

import { ArmError } from '../arm/arm-error.ts'
import { normalizeLocation } from '../arm/location.ts'
import type { Tags } from '../arm/tags.ts'
import { type MachinePlace, machineResourceId } from '../registry/machine.ts'
import type { MachineProperties } from '../registry/machine-properties.ts'
import { type MachineKey, readMachineKey } from '../registry/machine-public-key.ts'
import { readPublicKeyText } from '../registry/public-key-text.ts'
import { RegistryError } from '../registry/registry-error.ts'
import type { MachineBody } from './machine-body.ts'
import { type MachineIdentityChange, readMachineIdentity } from './machine-identity.ts'

/** The parameters of a machine's path. */
export interface MachineParams {
  subscriptionId: string
  resourceGroupName: string
  machineName: string
}

/** What a PUT says that a machine shall be. */
export interface MachinePut {
  place: MachinePlace
  resourceId: string
  location: string | undefined
  tags: Tags
  properties: MachineProperties
  vmId: string | undefined
  key: MachineKey | undefined
  identities: MachineIdentityChange
}

/** The place that `params` name; the location is told elsewhere. */
export function machinePlace(params: MachineParams): MachinePlace {
  return {
    subscriptionId: params.subscriptionId.toLowerCase(),
    resourceGroup: params.resourceGroupName,
    name: params.machineName,
    location: '',
  }
}

/**
 * Reads a PUT.
 *
 * @throws {ArmError} `InvalidKey`, or `InvalidRequestContent` if the identity contradicts itself.
 */
export function readMachinePut(params: MachineParams, body: MachineBody): MachinePut {
  const { location, tags, identity, properties } = body
  const { vmId, clientPublicKey, ...others } = properties ?? {}
  const place = machinePlace(params)
  return {
    place,
    resourceId: machineResourceId(place),
    location: location === undefined ? undefined : normalizeLocation(location),
    tags: tags ?? {},
    properties: others,
    vmId: vmId ?? undefined,
    key: readSentKey(clientPublicKey),
    identities: readMachineIdentity('PUT', identity),
  }
}

/** The key that `properties.clientPublicKey` says, if it says one. @throws {ArmError} `InvalidKey`. */
export function readSentKey(text: string | null | undefined): MachineKey | undefined {
  if (text == null) return undefined
  try {
    return readMachineKey(readPublicKeyText(text))
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause
    const property = 'properties.clientPublicKey'
    throw new ArmError('InvalidKey', { property, detail: cause.message, cause })
  }
}
