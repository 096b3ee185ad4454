/**
 * The proof of a client: which principal holds the credential that a token request presented.
 *
 * @module
 */

import type { ClientProofClaim } from '@landfast/protocol'
import type { ClientPrincipal } from '../registry/clients.ts'
import type { CredentialReference } from '../registry/credential-standing.ts'

/** Who proved to hold a credential. What it may have is not decided yet: it may be disabled or even deleted. */
export interface Proof {
  holder: ClientPrincipal
  /** What must still be the holder's when the token is given. */
  credential: CredentialReference
  method: ClientProofClaim
  /** An assertion that is good for one token only. */
  spends?: { jti: string; refusedFrom: number } | undefined
}
