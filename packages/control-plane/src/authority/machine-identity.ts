/**
 * Finds the identity for which the holder of a credential asks a token: its own, or, for a machine, a user-assigned
 * identity that it was given. The request then names the identity as its client, and the machine's own assertion proves
 * the caller: an authority that does not know this refuses it. An additional parameter would be ignored there, and the
 * machine's own token given in the identity's place.
 *
 * @see docs/protocol.md#selecting-an-identity
 * @module
 */

import type { ClientDirectory, ClientPrincipal } from '../registry/clients.ts'
import type { IdentityOfMachine } from '../registry/credential-standing.ts'
import { AuthorityError } from './authority-error.ts'

/** Whose token is asked for. */
export interface TokenSubject {
  client: ClientPrincipal
  /** What must still belong together when the token is given. */
  assignment?: IdentityOfMachine
}

/**
 * The client with the id that `holder` asks for.
 *
 * @throws {AuthorityError} `identity_unassigned`, also for an unknown id, or `client_mismatch` if it is no machine.
 */
export async function findTokenSubject(
  directory: ClientDirectory,
  holder: ClientPrincipal,
  clientId: string,
): Promise<TokenSubject> {
  if (clientId === holder.identity.clientId) return { client: holder }
  if (holder.kind !== 'machine') throw new AuthorityError('client_mismatch')
  const client = await directory.findClient(clientId)
  const assignment = {
    machine: holder.identity.principalId,
    identity: client?.identity.principalId ?? '',
  }
  const assigned = await directory.isAssigned(assignment)
  if (client?.kind !== 'user-assigned' || !assigned) throw new AuthorityError('identity_unassigned')
  return { client, assignment }
}
