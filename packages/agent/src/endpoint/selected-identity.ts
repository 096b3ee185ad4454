/**
 * Finds the identity of the machine that a request selects. What is known here may be some minutes old, so "there is none"
 * is said only after the control plane was asked.
 *
 * @see docs/protocol.md#selecting-an-identity
 * @module
 */

import { type AssignedIdentity, type Identity, type Selector, selects, WireError } from '@landfast/protocol'
import type { Refusal } from '../machine/presence.ts'
import { refusedBecause } from '../tokens/tokens.ts'
import { IdentityLooks } from './identity-looks.ts'

/** Seconds after which a caller may ask again whose question the control plane did not answer. */
const RETRY_SECONDS = 5

/** The identities of the machine. */
export interface MachineIdentities {
  readonly own: Identity
  /** The user-assigned ones, as the control plane told them last. */
  readonly assigned: () => readonly AssignedIdentity[]
  /** Asks the control plane for them, for a request of this user or workload; resolves to whether it answered. */
  readonly look: (sharer: string) => Promise<boolean>
  /** Why the control plane refuses the machine, if it does. */
  readonly refusal: () => Pick<Refusal, 'message'> | undefined
}

/** What of the machine's touch with its control plane tells of identities. */
interface Source {
  readonly identities: readonly AssignedIdentity[]
  readonly status: { readonly refusal?: Refusal | undefined }
  look?(): Promise<boolean>
}

/** The identities of a machine with this one, and those that its membership knows if it has one. */
export function machineIdentities(own: Identity, membership: Source | undefined): MachineIdentities {
  const looks = new IdentityLooks(membership?.look && (async () => (await membership.look?.()) ?? true))
  return {
    own,
    assigned: () => membership?.identities ?? [],
    look: (sharer) => looks.wait(sharer),
    refusal: () => membership?.status.refusal,
  }
}

/**
 * The identity that `selector` means; without one, the machine's own.
 *
 * @throws {WireError} `identity_not_found` or `identity_refused` if the control plane said so just now,
 *   `upstream_unavailable` if it did not answer, `endpoint_throttled` if too many wait for its answer.
 */
export async function selectIdentity(
  identities: MachineIdentities,
  selector: Selector | undefined,
  sharer: string,
): Promise<Identity> {
  return knownIdentity(identities, selector) ?? (await selectAnew(identities, selector, sharer))
}

/** The same, by what the control plane says now. */
export async function selectAnew(
  identities: MachineIdentities,
  selector: Selector | undefined,
  sharer: string,
): Promise<Identity> {
  const isAnswered = await identities.look(sharer)
  const found = knownIdentity(identities, selector)
  if (found) return found
  if (!isAnswered) throw new WireError('upstream_unavailable', { retryAfterSeconds: RETRY_SECONDS })
  const refusal = identities.refusal()
  if (refusal) throw refusedBecause(refusal)
  throw new WireError('identity_not_found', selector && { detail: `(asked by "${selector.name}")` })
}

function knownIdentity(
  { own, assigned }: MachineIdentities,
  selector: Selector | undefined,
): Identity | undefined {
  if (!selector || selects(selector, own)) return own
  const { tenantId } = own
  const found = assigned().find((other) => selects(selector, { tenantId, ...other }))
  return found && { tenantId, ...found }
}
