/**
 * Which identity the SDK in a container is to name: without a client id it asks for the machine's own, which a workload that
 * was added with another may not have.
 *
 * @see docs/containers.md#the-file
 * @module
 */

import { identityNames } from '@landfast/agent'
import { readPresence } from '@landfast/agent/upstream'
import { WORKLOAD_VARIABLE } from '@landfast/protocol'

/** The identity of the machine itself, as policies call it. */
export const SYSTEM = 'system'

/** What is to be named. */
export interface NamedIdentity {
  /** Undefined where none need be named, or it cannot be told which. */
  clientId: string | undefined
  /** What the operator has to do instead. */
  advice: string | undefined
}

const NONE: NamedIdentity = { clientId: undefined, advice: undefined }

/** The one of `identities` that is to be named, of the machine whose state is in `folder`. */
export async function identityToName(folder: string, identities: readonly string[]): Promise<NamedIdentity> {
  const asked = identities.map((name) => name.toLowerCase())
  if (asked.includes(SYSTEM)) return NONE
  const known = (await readPresence(folder))?.identities ?? []
  const named = known.filter((one) => identityNames(one).some((name) => asked.includes(name)))
  const [only, ...others] = new Set(named.map(({ clientId }) => clientId))
  if (only !== undefined && others.length === 0) return { clientId: only, advice: undefined }
  const why = only === undefined ? 'this machine has no such identity now' : 'it may have several identities'
  const advice = `${why}: set ${WORKLOAD_VARIABLE.clientId} in its container to the client id of the one that it asks for`
  return { clientId: undefined, advice }
}
