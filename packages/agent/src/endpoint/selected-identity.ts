/**
 * Finds the identity of the machine that a request selects. What is known here may be some minutes old, so "there is none"
 * is said only after the control plane was asked.
 *
 * @see docs/protocol.md#selecting-an-identity
 * @module
 */

import {
  type AssignedIdentity,
  type Identity,
  type Selector,
  selects,
  type TokenRequest,
  WireError,
} from '@landfast/protocol'
import type { Refusal } from '../machine/presence.ts'
import { refusedBecause } from '../tokens/tokens.ts'
import { IdentityLooks } from './identity-looks.ts'

/** Seconds after which a caller may ask again whose question the control plane did not answer. */
const RETRY_SECONDS = 5

/** The identities of the machine. */
export interface MachineIdentities {
  readonly own: Identity
  /** The application in Entra ID, if there is one beside. */
  readonly entra?: EntraChoice | undefined
  /** The user-assigned ones, as the control plane told them last. */
  readonly assigned: () => readonly AssignedIdentity[]
  /** Asks the control plane for them, for a request of this user or workload; resolves to whether it answered. */
  readonly look: (sharer: string) => Promise<boolean>
  /** Why the control plane refuses the machine, if it does. */
  readonly refusal: () => Pick<Refusal, 'message'> | undefined
}

/** The application in Entra ID, and when it is meant without being selected. */
export interface EntraChoice {
  readonly identity: Identity
  /** The user-assigned identity that proves it; undefined where a certificate does. */
  readonly exchange?: { readonly resourceId: string } | undefined
  /** Whether a token for this audience is the machine's own where no identity is selected. */
  readonly isControlPlaneAudience: (audience: string) => boolean
}

/** What of a request says whose token it wants. */
export type AskedIdentity = Pick<TokenRequest, 'selector' | 'audience'>

/** What of the machine's touch with its control plane tells of identities. */
interface Source {
  readonly identities: readonly AssignedIdentity[]
  readonly status: { readonly refusal?: Refusal | undefined }
  look?(): Promise<boolean>
}

/** The identities of a machine with this one, those that its membership knows if it has one, and its application. */
export function machineIdentities(
  own: Identity,
  membership: Source | undefined,
  entra?: EntraChoice,
): MachineIdentities {
  const looks = new IdentityLooks(membership?.look && (async () => (await membership.look?.()) ?? true))
  return {
    own,
    entra,
    assigned: () => membership?.identities ?? [],
    look: (sharer) => looks.wait(sharer),
    refusal: () => membership?.status.refusal,
  }
}

/** The identity that is meant where none is selected. */
export function defaultIdentity(
  { own, entra }: Pick<MachineIdentities, 'own' | 'entra'>,
  audience: string,
): Identity {
  return entra && !entra.isControlPlaneAudience(audience) ? entra.identity : own
}

/**
 * The identity that `asked` means: the selected one; without a selector, the one that the audience is for.
 *
 * @throws {WireError} `identity_not_found` or `identity_refused` if the control plane said so just now,
 *   `upstream_unavailable` if it did not answer, `endpoint_throttled` if too many wait for its answer.
 */
export function selectIdentity(
  identities: MachineIdentities,
  asked: AskedIdentity,
  sharer: string,
): Identity | Promise<Identity> {
  return knownIdentity(identities, asked) ?? selectAnew(identities, asked, sharer)
}

/** The same, by what the control plane says now. */
export async function selectAnew(
  identities: MachineIdentities,
  asked: AskedIdentity,
  sharer: string,
): Promise<Identity> {
  const isAnswered = await identities.look(sharer)
  const found = knownIdentity(identities, asked)
  if (found) return found
  if (!isAnswered) throw new WireError('upstream_unavailable', { retryAfterSeconds: RETRY_SECONDS })
  const refusal = identities.refusal()
  if (refusal) throw refusedBecause(refusal)
  const { selector } = asked
  throw new WireError('identity_not_found', selector && { detail: `(asked by "${selector.name}")` })
}

/** Whether the machine has the identity that `selector` means, by what is known here. */
export function hasIdentity(identities: MachineIdentities, selector: Selector): boolean {
  return knownIdentity(identities, { selector, audience: '' }) !== undefined
}

function knownIdentity(
  identities: MachineIdentities,
  { selector, audience }: AskedIdentity,
): Identity | undefined {
  const { own, entra } = identities
  if (!selector) return defaultIdentity(identities, audience)
  if (selects(selector, own)) return own
  if (entra && selects(selector, entra.identity)) return entra.identity
  return assignedIdentities(identities).find((other) => selects(selector, other))
}

/**
 * The user-assigned identities. Field by field: what an answer of the control plane has beside must not choose the authority.
 */
export function assignedIdentities({
  own,
  assigned,
}: Pick<MachineIdentities, 'own' | 'assigned'>): Identity[] {
  const { tenantId } = own
  return assigned().map(({ clientId, principalId, resourceId }) => ({
    tenantId,
    clientId,
    principalId,
    resourceId,
  }))
}
