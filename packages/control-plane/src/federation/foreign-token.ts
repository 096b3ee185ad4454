/**
 * Proves a client by a token of another issuer: signed by a key of an issuer that the client trusts, for the subject
 * or expression and the audience of one of its federated credentials.
 *
 * @see https://learn.microsoft.com/entra/workload-id/workload-identity-federation
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { FOREIGN_ALGORITHMS, readAlgorithm } from '@landfast/server'
import { checkSignature } from '../authority/assertion-signature.ts'
import { AuthorityError } from '../authority/authority-error.ts'
import type { PresentedAssertion } from '../authority/presented-credential.ts'
import type { ForeignProver } from '../authority/prove-holder.ts'
import type { ClientDirectory, FederatedClient } from '../registry/clients.ts'
import { federatedReference } from '../registry/credential-standing.ts'
import type { FederatedCredential } from '../registry/federated-credentials.ts'
import { FederationError } from './federation-error.ts'
import { checkForeignTimes } from './foreign-claims.ts'
import type { IssuerKeys } from './foreign-issuers.ts'
import type { KeyName } from './issuer-documents.ts'
import { matchingCredential } from './matching-credential.ts'

/** What foreign tokens are verified with. */
export interface ForeignTokenParts {
  directory: Pick<ClientDirectory, 'findFederatedClient'>
  issuers: IssuerKeys
}

/** Verifies foreign tokens. Until the signature is known to be the issuer's, every refusal is the same. */
export function createForeignProver({ directory, issuers }: ForeignTokenParts): ForeignProver {
  return async ({ clientId, assertion, time }) => {
    const name = readKeyName(assertion.header)
    const client = await directory.findFederatedClient(clientId)
    const trusted = trustedBy(client, assertion.claims.iss)
    const key =
      client && trusted.length > 0
        ? await findKey(issuers, { assertion, name, sharer: sharerOf(client) })
        : undefined
    checkForeignSignature(assertion, key)
    // From here on the issuer vouches for what is said.
    const credential = matchingCredential(trusted, assertion.claims)
    checkForeignTimes(assertion.claims, time.getTime() / 1000)
    // Without a client nothing was trusted, so there is one.
    if (!client) throw new AuthorityError('federation_unmatched')
    return { holder: client, credential: federatedReference(credential), method: '2' }
  }
}

/** The algorithm is a matter of the token alone, so this tells nothing of any credential. */
function readKeyName({ alg, kid }: PresentedAssertion['header']): KeyName {
  const algorithm = readAlgorithm(alg, FOREIGN_ALGORITHMS)
  if (algorithm && typeof kid === 'string') return { alg: algorithm, kid }
  throw new AuthorityError('federation_malformed')
}

/** Only an issuer that a credential names is ever asked for its keys. */
function trustedBy(client: FederatedClient | undefined, issuer: unknown): readonly FederatedCredential[] {
  return client?.credentials.filter((credential) => credential.issuer === issuer) ?? []
}

/** Whoever may write credentials of one identity may do so for all in its group; an application has its own. */
function sharerOf({ identity: { resourceId, principalId } }: FederatedClient): string {
  const [group = principalId] = /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+/i.exec(resourceId) ?? []
  return group.toLowerCase()
}

async function findKey(
  issuers: IssuerKeys,
  { assertion, name, sharer }: { assertion: PresentedAssertion; name: KeyName; sharer: string },
): Promise<KeyObject | undefined> {
  const { iss = '', sub } = assertion.claims
  try {
    return await issuers.findKey(iss, name, { sharer, subject: sub })
  } catch (cause) {
    if (!(cause instanceof FederationError)) throw cause
    throw new AuthorityError('federation_unavailable', { cause })
  }
}

function checkForeignSignature(assertion: PresentedAssertion, key: KeyObject | undefined): void {
  try {
    checkSignature(assertion, key, FOREIGN_ALGORITHMS)
  } catch (cause) {
    if (!(cause instanceof AuthorityError)) throw cause
    throw new AuthorityError('federation_unmatched', { cause })
  }
}
