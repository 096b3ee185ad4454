/**
 * The tokens of a key vault: where a request has one, and what Azure says of one that is not good.
 *
 * @module
 */

import { type TokenClaims, TokenFault, type TokenVerifier } from '../token-verifier.ts'
import { VaultError } from './vault-error.ts'

/** What the tokens of a key vault are for. */
export const VAULT_AUDIENCE = 'https://vault.azure.net'

/** Azure's numbers, for those that it has. */
const NUMBERS: Partial<Record<TokenFault['code'], string>> = {
  issuer_wrong: 'AKV10032: Invalid issuer',
  audience_wrong: 'AKV10022: Invalid audience',
}

/** The claims of the token in the header `Authorization`. @throws {VaultError} `token_missing`, `token_invalid`. */
export async function verifyBearer(
  authorization: string | undefined,
  verifier: TokenVerifier,
): Promise<TokenClaims> {
  const [, text] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? []
  if (text === undefined) throw new VaultError('token_missing')
  return await verifier.verify(text).catch((error) => {
    if (!(error instanceof TokenFault)) throw error
    const number = NUMBERS[error.code]
    throw new VaultError('token_invalid', number ? `${number}: ${error.message}` : error.message)
  })
}
