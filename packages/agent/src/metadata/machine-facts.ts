/**
 * The facts about this machine that documents tell: from its system, its registration and its control plane; none is
 * made up.
 *
 * @see docs/metadata.md#where-the-facts-come-from
 * @module
 */

import type { NetworkInterfaceInfo } from 'node:os'
import type { Identity } from '@landfast/protocol'

/** Facts from the machine's system and its registration. A missing one is empty in the documents. */
export interface MachineFacts {
  location?: string | undefined
  /** The GUID by which the machine knows itself. */
  vmId?: string | undefined
  tags?: Readonly<Record<string, string>> | undefined
  agentVersion?: string
  /** As `uname` has it. */
  osType?: string
  /** The name that the distribution gives itself. */
  osSku?: string
  osVersion?: string
  machineFqdn?: string
}

/** The network as `os.networkInterfaces` has it. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/** Everything that an instance document is made of. */
export interface InstanceFacts extends MachineFacts {
  identity: Identity
  interfaces: Interfaces
}

/** The parts of the machine's ARM id; empty where it has none. */
export interface MachinePlace {
  subscriptionId: string
  resourceGroup: string
  name: string
  provider: string
}

/** Takes an ARM id apart; the names of its segments are matched without case, as everywhere at Azure. */
export function placeOf(resourceId: string): MachinePlace {
  const segments = resourceId.split('/')
  const after = (name: string): string => {
    const index = segments.findIndex((segment) => segment.toLowerCase() === name)
    return index < 0 ? '' : (segments[index + 1] ?? '')
  }
  return {
    subscriptionId: after('subscriptions'),
    resourceGroup: after('resourcegroups'),
    provider: after('providers'),
    name: segments.at(-1) ?? '',
  }
}
