/**
 * `/agentstatus`: the machine's status at its control plane, for scripts that ask Arc's agent for it.
 *
 * @see docs/metadata.md#agentstatus
 * @module
 */

import type { MachineStatus } from '../machine/machine-status.ts'
import { type InstanceFacts, placeOf } from './machine-facts.ts'
import type { Node } from './node.ts'

/** What of the machine's standing is told. */
export type Standing = Pick<MachineStatus, 'status'> & Partial<MachineStatus>

/**
 * The status. A machine without heartbeats has its control plane in the same process, so it is connected as long as
 * a server answers.
 */
export function agentStatus(facts: InstanceFacts, standing: Standing | undefined): Node {
  const { identity, location = '', vmId = '', agentVersion = '' } = facts
  const { subscriptionId, resourceGroup, name } = placeOf(identity.resourceId)
  const { status = 'Connected', lastHeartbeat = '', reason } = standing ?? {}
  return {
    status,
    lastHeartbeat,
    agentVersion,
    resourceName: name,
    resourceGroup,
    subscriptionId,
    tenantId: identity.tenantId,
    location,
    vmId,
    errorCode: reason?.code ?? '',
    errorDetails: reason?.message ?? '',
    errorTimestamp: reason?.at ?? '',
  }
}
