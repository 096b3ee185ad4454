/**
 * Which identities this machine still has after the control plane told which user-assigned ones it has.
 *
 * @module
 */

import type { AssignedIdentity, Identity } from '@landfast/protocol'

/** What the control plane told, and what it means for an application in Entra ID. */
export interface Given {
  /** The machine's own. */
  identity: Identity
  identities: readonly AssignedIdentity[]
  /** The user-assigned one that proves the application; undefined where a certificate does. */
  exchange: { resourceId: string } | undefined
}

/** Whether the tokens of an identity may stay. */
export function isStillGiven({ identity, identities, exchange }: Given): (one: Identity) => boolean {
  const isProven = !exchange || findAssigned(identities, exchange.resourceId) !== undefined
  const clientIds = new Set([identity, ...identities].map(({ clientId }) => clientId))
  return ({ authority, clientId }) => (authority ? isProven : clientIds.has(clientId))
}

/** The one with this ARM id, in any case. */
export function findAssigned(
  identities: readonly AssignedIdentity[],
  resourceId: string,
): AssignedIdentity | undefined {
  const wanted = resourceId.toLowerCase()
  return identities.find((one) => one.resourceId.toLowerCase() === wanted)
}
