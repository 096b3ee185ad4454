/**
 * What an endpoint or an authority answered: a token, or why there is none.
 *
 * @see docs/protocol.md#the-answer
 * @module
 */

import { ClientError } from '../errors.ts'
import { readExpiry } from './expiry.ts'
import type { Token } from './token-cache.ts'

const TOKEN = /^[!-~]+$/

/** An answer's fields, whatever they hold. */
export type Fields = Readonly<Record<string, unknown>>

/** The fields of a JSON object; undefined if `body` is anything else. */
export function readFields(body: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Fields)
      : undefined
  } catch {
    return undefined
  }
}

/**
 * The token in the fields of a 200.
 *
 * @throws {ClientError} `answer_malformed` or `token_ended`; the message says which field, and never what it holds.
 */
export function readToken(fields: Fields | undefined, now: number, from: string): Token {
  const malformed = (what: string) => new ClientError('answer_malformed', `${what}, from ${from}`)
  if (!fields) throw malformed('no JSON object')
  const { access_token: accessToken, token_type: type } = fields
  if (typeof accessToken !== 'string' || !TOKEN.test(accessToken)) throw malformed('no "access_token"')
  if (type !== undefined && String(type).toLowerCase() !== 'bearer') throw malformed('another "token_type"')
  const expiresAt = readExpiry(fields, now)
  if (expiresAt === undefined) throw malformed('neither "expires_on" nor "expires_in" that can be read')
  if (expiresAt <= now) throw new ClientError('token_ended', from)
  return { accessToken, expiresAt }
}

/** Why there is no token, in the server's words. */
export interface Refusal {
  error: string
  description: string
}

/** A refusal in any of the forms that endpoints and authorities use; empty texts where it says nothing. */
export function readRefusal(fields: Fields | undefined): Refusal {
  const error = fields?.error
  if (typeof error === 'object' && error !== null) {
    const { code, message } = error as Fields
    return { error: text(code), description: text(message) }
  }
  return {
    error: text(error),
    description: text(fields?.error_description) || text(fields?.message) || text(fields?.Message),
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
