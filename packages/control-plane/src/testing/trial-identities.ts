/**
 * A Resource Manager with a resource group for user-assigned identities and machines to be assigned. Not published.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Identity } from '@landfast/protocol'
import type { Answer } from './trial.ts'
import {
  type AskOptions,
  CALLERS_GROUP,
  startTrialResourceManager,
  type TrialCaller,
  type TrialResourceManager,
} from './trial-resource-manager.ts'

/** How a request is different from a GET by the owner. */
type Asking = Pick<AskOptions, 'method' | 'json' | 'headers' | 'as'>

/** With the resource group "ids". */
export interface TrialIdentities extends TrialResourceManager {
  /** The ARM id of that group. */
  group: string
  /** The list of identities in it. */
  identities: string
  /** Asks at an ARM id with the newest api-version of its type. */
  at(id: string, asking?: Asking): Promise<Answer>
  /** Makes an identity. */
  makeIdentity(name?: string): Promise<Identity>
  /** Writes `identity` of a machine. */
  writeMachine(machine: TrialCaller['machine'], identity: object, asking?: Asking): Promise<Answer>
}

/** Starts one; it is stopped after the test. */
export async function startTrialIdentities(): Promise<TrialIdentities> {
  const trial = await startTrialResourceManager()
  const subscription = `/subscriptions/${trial.subscriptionId}`
  const group = `${subscription}/resourceGroups/ids`
  const identities = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`
  const at = (id: string, asking: Asking = {}) =>
    trial.ask(`${id}?api-version=${id.includes('HybridCompute') ? '2025-01-13' : '2024-11-30'}`, asking)
  const put = { method: 'PUT', json: { location: 'here' } }
  await trial.ask(`${group}?api-version=2025-04-01`, put)
  return {
    ...trial,
    group,
    identities,
    at,
    makeIdentity: async (name = `id-${randomUUID()}`) => {
      const { body } = await at(`${identities}/${name}`, put)
      return { ...body.properties, resourceId: body.id }
    },
    writeMachine: (machine, identity, asking = {}) =>
      at(machine.identity.resourceId, { method: 'PATCH', json: { identity }, ...asking }),
  }
}

/** The resource group that machines of callers are in. */
export function callersGroup({ subscriptionId }: TrialResourceManager): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${CALLERS_GROUP}`
}
