/**
 * Proves who holds the credential of a token request: finds out of which kind it is, and has it verified.
 *
 * @module
 */

import { readGuid } from '../guid.ts'
import type { ClientDirectory } from '../registry/clients.ts'
import { AuthorityError } from './authority-error.ts'
import { proveByKey } from './client-assertion.ts'
import { proveBySecret } from './client-secret.ts'
import { type AuthorityNames, assertionAudiences } from './endpoints.ts'
import type { PresentedAssertion, PresentedCredential } from './presented-credential.ts'
import type { Proof } from './proof.ts'
import type { TokenDemand } from './token-demand.ts'

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
