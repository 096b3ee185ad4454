/**
 * A source: one of the places that give a program an identity.
 *
 * @module
 */

import type { Selected } from './identity.ts'
import type { Surroundings } from './surroundings.ts'
import type { Token } from './tokens/token-cache.ts'

/** What a credential looks for. */
export interface Wanted {
  /** For managed identities. */
  selected: Selected | undefined
  /** For federated identities; by default `AZURE_CLIENT_ID`. */
  clientId: string | undefined
  /** By default `AZURE_TENANT_ID`. */
  tenantId: string | undefined
  /** By default `AZURE_AUTHORITY_HOST`, or Microsoft's. */
  authorityHost: string | undefined
  /**
   * What is known of a metadata service without a variable: it is to be seen first whether it is there, since there are
   * sources to go on to; it is asked because there is nothing else; or it is what somebody has named.
   */
  vm: 'probed' | 'assumed' | 'named'
}

/** What a token is for. */
export interface Question {
  /** As managed identities are asked. */
  resource: string
  /** As an authority is asked. */
  scope: string
  /** The tenant that the resource named; only for developers' logins, which know several. */
  tenantId?: string | undefined
  /** A challenge by the resource. */
  claims?: string | undefined
  /** SHA-256, in hexadecimal, of the token that the resource refused. */
  refusedTokenHash?: string | undefined
}

/** A kind of source. */
export interface SourceKind<Name extends string = string> {
  readonly name: Name
  /** Of the managed kinds only the first that is here counts. */
  readonly managed: boolean
  /**
   * The source as it is set up here, or in words why it is not here: which variable, file or program is missing. Asks
   * no token.
   *
   * Throws only if it is here and set up wrongly (`variable_invalid`); the chain stops then, since what is meant is clear
   * and another identity is not.
   */
  find(surroundings: Surroundings, wanted: Wanted): Source | string | Promise<Source | string>
}

/** A source that is here. */
export interface Source {
  /** The endpoint and the identity there: tokens of the same place are the same. Holds no secret. */
  readonly place: string
  /** By what it was found: the variable, file or program. */
  readonly foundBy: string
  /** Whether the tenant that a resource names changes the token. */
  readonly manyTenants?: boolean
  /** The tenant of the identity, if it is known. */
  readonly tenantId?: string
  /**
   * A token, never one that was held here. Never returns nothing.
   *
   * Throws a `ClientError`: one named `CredentialUnavailableError` if this program has no such identity here, so that a
   * chain goes on; one of another name if it has one that fails, so that a chain stops.
   */
  ask(question: Question): Promise<Token>
}
