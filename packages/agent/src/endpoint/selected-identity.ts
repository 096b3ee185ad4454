/**
 * Finds the identity of the machine that a request selects.
 *
 * @see docs/protocol.md#selecting-an-identity
 * @module
 */

import { type AssignedIdentity, type Identity, type Selector, selects, WireError } from '@landfast/protocol'

/** The identities of the machine. */
export interface MachineIdentities {
  readonly own: Identity
  /** The user-assigned ones that it has now. */
  readonly assigned: () => readonly AssignedIdentity[]
}

/**
 * The identity that `selector` means; without one, the machine's own.
 *
 * @throws {WireError} `identity_not_found`.
 */
export function selectIdentity(
  { own, assigned }: MachineIdentities,
  selector: Selector | undefined,
): Identity {
  if (!selector || selects(selector, own)) return own
  const { tenantId } = own
  const found = assigned().find((other) => selects(selector, { tenantId, ...other }))
  if (!found) throw new WireError('identity_not_found', { detail: `(asked by "${selector.name}")` })
  return { tenantId, ...found }
}
