/**
 * The token of a connection to Service Bus. It comes as a message, and can be replaced by a newer one.
 *
 * @see https://docs.oasis-open.org/amqp/amqp-cbs/v1.0/amqp-cbs-v1.0.html
 * @module
 */

import { type TokenClaims, TokenFault, type TokenVerifier } from '../token-verifier.ts'
import { BusError } from './bus-error.ts'

/** What the tokens of Service Bus are for. */
export const BUS_AUDIENCE = 'https://servicebus.azure.net'

/** What clients call a token of Entra ID. */
const JWT = 'jwt'

/** A request with a token, as far as it was read. */
export interface PutToken {
  operation: unknown
  type: unknown
  token: unknown
}

/** What one connection may do. */
export class BusClaims {
  readonly #verifier: TokenVerifier
  readonly #nowSeconds: () => number
  #claims: TokenClaims | undefined

  constructor(verifier: TokenVerifier, nowSeconds: () => number) {
    this.#verifier = verifier
    this.#nowSeconds = nowSeconds
  }

  /** Takes a token. @throws {BusError} `request_invalid`, `token_kind`, `token_invalid`, `request_failed`. */
  async put({ operation, type, token }: PutToken): Promise<void> {
    if (operation !== 'put-token' || typeof token !== 'string')
      throw new BusError('request_invalid', 'put-token')
    if (type !== JWT) throw new BusError('token_kind', `this one is of kind "${type}"`)
    this.#claims = await this.#verifier.verify(token).catch((error) => {
      if (error instanceof TokenFault) throw new BusError('token_invalid', error.message)
      throw new BusError('request_failed', 'it could not read the keys of the issuer', error)
    })
  }

  /** The roles in the token. @throws {BusError} `token_missing`, `token_invalid`. */
  get roles(): unknown {
    if (!this.#claims) throw new BusError('token_missing')
    if (!(Number(this.#claims.exp) > this.#nowSeconds()))
      throw new BusError('token_invalid', 'it has expired')
    return this.#claims.roles
  }
}
