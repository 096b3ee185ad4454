/**
 * How a client proves itself: the kinds of credentials, each with what it is known by and what verifies it.
 *
 * @module
 */

import type { ClientProofClaim } from '@landfast/protocol'
import { readGuid } from '../guid.ts'
import type { ClientDirectory, ClientPrincipal } from '../registry/clients.ts'
import type { CredentialReference } from '../registry/credential-standing.ts'
import { AuthorityError } from './authority-error.ts'
import { proveByKey } from './client-assertion.ts'
import { proveBySecret } from './client-secret.ts'
import { type AuthorityNames, assertionAudiences } from './endpoints.ts'
import type { PresentedAssertion, PresentedCredential } from './presented-credential.ts'
import type { TokenDemand } from './token-demand.ts'

/** Who proved to hold a credential. What it may have is not decided yet: it may be disabled or even deleted. */
export interface Proof {
  holder: ClientPrincipal
  /** What must still be the holder's when the token is given. */
  credential: CredentialReference
  method: ClientProofClaim
  /** An assertion that is good for one token only. */
  spends?: { jti: string; refusedFrom: number } | undefined
}

/** What proofs are made with. */
export interface ProofParts {
  names: AuthorityNames
  directory: ClientDirectory
  /** Without it no foreign issuer is trusted. */
  proveByForeignToken?: ForeignProver | undefined
}

/**
 * Verifies a token of a foreign issuer as a federated credential of the client with this id.
 *
 * @throws {AuthorityError} for whatever does not fit.
 */
export type ForeignProver = (presented: {
  clientId: string
  assertion: PresentedAssertion
  time: Date
}) => Promise<Proof>

/**
 * Proves who sent `demand`: its client, or the machine that asks in the name of an identity.
 *
 * @throws {AuthorityError} for whatever does not fit.
 */
export function proveHolder(parts: ProofParts, demand: TokenDemand, time: Date): Promise<Proof> {
  const { directory } = parts
  const { clientId } = demand
  const presented = sortCredential(demand.credential)
  switch (presented.kind) {
    case 'secret':
      return proveBySecret(directory, { ...presented, clientId, time })
    case 'own assertion': {
      const audiences = assertionAudiences(parts.names)
      return proveByKey(directory, { ...presented, audiences, time })
    }
    case 'foreign token':
      return proveForeign(parts, { ...presented, clientId, time })
  }
}

/** An assertion says in `iss` whose keys it is to be verified with. */
type SortedCredential =
  | { kind: 'secret'; secret: string }
  | { kind: 'own assertion'; clientId: string; assertion: PresentedAssertion }
  | { kind: 'foreign token'; assertion: PresentedAssertion }

function sortCredential(credential: PresentedCredential): SortedCredential {
  if (credential.kind === 'secret') return credential
  const { iss } = credential.claims
  const clientId = readGuid(iss)
  if (clientId !== undefined) return { kind: 'own assertion', clientId, assertion: credential }
  if (typeof iss === 'string' && iss.startsWith('https://')) {
    return { kind: 'foreign token', assertion: credential }
  }
  throw new AuthorityError('client_mismatch')
}

async function proveForeign(
  { proveByForeignToken }: ProofParts,
  presented: Parameters<ForeignProver>[0],
): Promise<Proof> {
  if (!proveByForeignToken) throw new AuthorityError('federation_unmatched')
  return proveByForeignToken(presented)
}
