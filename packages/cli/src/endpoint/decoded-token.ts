/**
 * What a JSON Web Token says of itself. Nothing is verified here: that needs the issuer's keys.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7519#section-3
 * @module
 */

import { CliError } from '../cli-error.ts'

/** The two readable parts of a token. */
export interface DecodedToken {
  header: unknown
  claims: unknown
}

/**
 * Splits `token` and reads its header and claims.
 *
 * @throws {CliError} `answer_malformed` if it is no JSON Web Token; the message does not quote it.
 */
export function decodeToken(token: string): DecodedToken {
  const [header, claims, signature, ...rest] = token.split('.')
  if (!header || !claims || signature === undefined || rest.length > 0) {
    throw new CliError('answer_malformed', { detail: 'what it sent as one is no JSON Web Token' })
  }
  return { header: readPart(header), claims: readPart(claims) }
}

function readPart(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    // The parser's own message would quote the token.
    throw new CliError('answer_malformed', { detail: 'what it sent as one is no JSON Web Token' })
  }
}
