/**
 * A client id and secret in the header `Authorization`, as OAuth 2.0 has them there.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 * @module
 */

import { AuthorityError } from './authority-error.ts'

/** What the header says. */
export interface BasicCredentials {
  clientId: string
  secret: string
}

const BASIC = /^basic +([a-z\d+/]+={0,2})$/i

/**
 * Reads the value of the header; undefined if there is none.
 *
 * @throws {AuthorityError} `authorization_malformed`; another scheme is no way to prove a client here either.
 */
export function readBasicAuthorization(value: string | undefined): BasicCredentials | undefined {
  if (value === undefined) return undefined
  const encoded = BASIC.exec(value)?.[1]
  const [clientId = '', secret, ...more] = Buffer.from(encoded ?? '', 'base64')
    .toString()
    .split(':')
  if (secret === undefined || more.length > 0) throw new AuthorityError('authorization_malformed')
  return { clientId: decodeField(clientId), secret: decodeField(secret) }
}

/** Both parts are written as in a form first, so neither holds a bare colon. */
function decodeField(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw new AuthorityError('authorization_malformed', { cause })
  }
}
