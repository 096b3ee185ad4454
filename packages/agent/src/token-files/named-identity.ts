/**
 * The identity that a name in the settings means, by the names that a policy gives identities.
 *
 * @see docs/policy.md#rules
 * @module
 */

import type { Identity } from '@landfast/protocol'
import { isStillGiven } from '../authority/still-given.ts'
import { assignedIdentities, type MachineIdentities } from '../endpoint/selected-identity.ts'
import { namesOf } from '../policy/facts.ts'

/**
 * The only identity of that name; undefined if there is none, or if two have it. An application without the identity by which
 * it is proven is none.
 */
export function identityNamed(
  identities: Pick<MachineIdentities, 'own' | 'entra' | 'assigned'>,
  name: string,
): Identity | undefined {
  const wanted = name.toLowerCase()
  const { own, entra } = identities
  const isGiven = isStillGiven({
    identity: own,
    identities: identities.assigned(),
    exchange: entra?.exchange,
  })
  const application = entra && isGiven(entra.identity) ? [entra.identity] : []
  const all: Identity[] = [own, ...application, ...assignedIdentities(identities)]
  const found = all.filter((identity) => namesOf({ identity, isSystem: identity === own }).includes(wanted))
  return found.length === 1 ? found[0] : undefined
}
