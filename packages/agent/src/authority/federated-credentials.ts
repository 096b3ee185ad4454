/**
 * The proof by federation: each request to Entra ID takes a fresh token of the control plane for a user-assigned identity of
 * this machine. None is kept, so a machine that the control plane refuses has no proof left.
 *
 * @see docs/entra.md#by-federation
 * @module
 */

import type { AssignedIdentity, Identity } from '@landfast/protocol'
import { SourceError, type TokenSource } from '../tokens/source.ts'
import type { Credentials } from './credential.ts'
import { findAssigned } from './still-given.ts'

/** What of the control plane is needed for it. */
export interface ExchangePlane {
  /** Tokens without a cache. */
  source: Pick<TokenSource, 'getToken'>
  tenantId: string
  /** The user-assigned identities of the machine, as the control plane told them last. */
  identities: () => readonly AssignedIdentity[]
  /** Asks the control plane for them. */
  look: () => Promise<boolean>
}

/** The credentials of an application that trusts the identity with the ARM id `resourceId`. */
export function federatedCredentials(
  plane: ExchangePlane,
  { clientId, resourceId, audience }: { clientId: string; resourceId: string; audience: string },
): Credentials {
  return {
    async usable(signal) {
      const identity = await assigned(plane, resourceId)
      const { accessToken } = await plane.source.getToken(identity, audience, signal).catch((error) => {
        throw explain(error, resourceId)
      })
      return { clientId, sign: () => accessToken, notBefore: 0, notAfter: Number.POSITIVE_INFINITY }
    },
    proven: async () => {},
    afterRefusal: () => false,
  }
}

async function assigned(plane: ExchangePlane, resourceId: string): Promise<Identity> {
  const found = findAssigned(plane.identities(), resourceId)
  if (!found && !(await plane.look()))
    throw new SourceError('unavailable', 'the control plane does not answer')
  const {
    clientId,
    principalId,
    resourceId: id,
  } = found ?? findAssigned(plane.identities(), resourceId) ?? missing(resourceId)
  return { tenantId: plane.tenantId, clientId, principalId, resourceId: id }
}

function missing(resourceId: string, cause?: unknown): never {
  const message = `this machine does not have the user-assigned identity "${resourceId}" by which it proves itself at Entra ID; assign it at the control plane`
  throw new SourceError('identity_refused', message, { reason: { message }, cause })
}

/** What the control plane refuses of the exchange alone takes no other token away. */
function explain(error: unknown, resourceId: string): unknown {
  if (!(error instanceof SourceError)) return error
  if (error.failure === 'unassigned') return missing(resourceId, error)
  if (error.failure !== 'resource_refused') return error
  const message = `the control plane gives no token for the exchange at Entra ID: ${error.message}`
  return new SourceError('identity_refused', message, { cause: error })
}
