/**
 * The ids of tokens: all that are equal but for their moment, and were given within one minute, begin alike. So one row of
 * the audit trail tells of all of them, and is found by the id of each.
 *
 * @module
 */

import { createHash } from 'node:crypto'

/** What tokens have in common whose ids begin alike. */
export interface TokenKind {
  /** Who proved to hold a credential. */
  holder: string
  /** Whose token it is. */
  principalId: string
  audience: string
  time: Date
}

const MINUTE_MILLISECONDS = 60_000

/** Of a hash: 12 characters, so that two kinds begin alike by chance once in 2^72. */
const KIND_BYTES = 9

/** The same in characters. */
const KIND_CHARACTERS = (KIND_BYTES * 4) / 3

/** How many random bytes end the id of a token: together with what is common it has the 22 characters of Entra's. */
export const TOKEN_ID_OWN_BYTES = 7

/** What the ids of such tokens begin with. */
export function tokenIdBeginning({ holder, principalId, audience, time }: TokenKind): string {
  const minute = Math.floor(time.getTime() / MINUTE_MILLISECONDS)
  const kind = JSON.stringify([minute, holder, principalId, audience])
  return createHash('sha256').update(kind).digest().subarray(0, KIND_BYTES).toString('base64url')
}

/** What the id of a token begins with, of which the audit trail has a row; a beginning is its own. */
export function beginningOf(tokenId: string): string {
  return tokenId.slice(0, KIND_CHARACTERS)
}
