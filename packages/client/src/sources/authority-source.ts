/**
 * A source that is one client of an authority, which proves itself anew for each token.
 *
 * @module
 */

import { type AuthorityClient, askAuthority, type ClientProof, placeOf } from '../authority/authority.ts'
import type { Source } from '../source.ts'
import type { Surroundings } from '../surroundings.ts'

/** The source of `client`. */
export function authoritySource(
  client: AuthorityClient,
  prove: () => ClientProof | Promise<ClientProof>,
  surroundings: Surroundings,
  foundBy: string,
): Source {
  return {
    place: placeOf(client),
    foundBy,
    tenantId: client.tenantId,
    ask: (question) => askAuthority(client, prove, question, surroundings),
  }
}
