/**
 * The credentials, which go wherever `@azure/core-auth` wants a `TokenCredential`.
 *
 * @module
 */

import type { AccessToken, GetTokenOptions } from './access-token.ts'
import {
  type DefaultCredentialOptions,
  type ManagedIdentityCredentialOptions,
  readDefaultOptions,
  readManagedOptions,
} from './credential-options.ts'
import { IdentityTokens } from './identity-tokens.ts'
import { systemSurroundings } from './surroundings.ts'

/** Whichever identity this program has, as `DefaultAzureCredential` finds it. */
export class DefaultCredential {
  readonly #tokens: IdentityTokens

  /** @throws {ClientError} `option_invalid`, or `variable_invalid` for `AZURE_TOKEN_CREDENTIALS`. */
  constructor(options: DefaultCredentialOptions = {}) {
    this.#tokens = new IdentityTokens(readDefaultOptions(options, systemSurroundings()))
  }

  /**
   * A token for one scope, such as `https://storage.azure.com/.default`.
   *
   * @throws {ClientError} saying why there is none.
   */
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken> {
    return this.#tokens.getToken(scopes, options)
  }
}

/** The managed identity of where this program runs, or one that is assigned to it. */
export class ManagedIdentityCredential {
  readonly #tokens: IdentityTokens

  /**
   * A string is a client id.
   *
   * @throws {ClientError} `option_invalid`.
   */
  constructor(options: ManagedIdentityCredentialOptions | string = {}) {
    this.#tokens = new IdentityTokens(readManagedOptions(options, systemSurroundings()))
  }

  /**
   * A token for one scope, such as `https://storage.azure.com/.default`.
   *
   * @throws {ClientError} saying why there is none.
   */
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken> {
    return this.#tokens.getToken(scopes, options)
  }
}
