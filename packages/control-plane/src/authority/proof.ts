/**
 * The proof of a client: which principal holds the credential that a token request presented.
 *
 * @module
 */

import type { ClientProofClaim } from '@landfast/protocol'
import type { ClientPrincipal } from '../registry/clients.ts'
import type { CredentialReference } from '../registry/credential-standing.ts'
import type { PresentedAssertion } from './presented-credential.ts'

/** Who proved to hold a credential. What it may have is not decided yet: it may be disabled or even deleted. */
export interface Proof {
  holder: ClientPrincipal
  /** What must still be the holder's when the token is given. */
  credential: CredentialReference
  method: ClientProofClaim
  /** An assertion that is good for one token only. */
  spends?: { jti: string; refusedFrom: number } | undefined
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
