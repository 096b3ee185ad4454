/**
 * When a token that is held is asked for anew, and until when it is given meanwhile. All times are milliseconds since
 * 1970.
 *
 * @module
 */

import { TOKEN_EXPIRED_FOR_CLIENTS_SECONDS, TOKEN_LAST_SERVED_SECONDS } from '@landfast/protocol'

/** A token that lives longer than this is asked for anew at half of its life. */
const LONG_LIFE_MS = 2 * 3600_000
/** Any other this long before its end, which leaves time to do so before it counts as expired. */
const AHEAD_MS = 2 * TOKEN_EXPIRED_FOR_CLIENTS_SECONDS * 1000
/** What failed, or brought the same token again, is not tried again before. */
const PAUSE_MS = 30_000
const EXPIRED_MS = TOKEN_EXPIRED_FOR_CLIENTS_SECONDS * 1000
const LAST_SERVED_MS = TOKEN_LAST_SERVED_SECONDS * 1000

/** When a token that has come now and ends at `expiresAt` is asked for anew. */
export function refreshTime(expiresAt: number, now: number): number {
  const life = expiresAt - now
  const ahead = life > LONG_LIFE_MS ? life / 2 : AHEAD_MS
  return Math.floor(Math.min(Math.max(expiresAt - ahead, now + PAUSE_MS), expiresAt - LAST_SERVED_MS))
}

/** When it is asked for again after that has failed now. */
export function retryTime(expiresAt: number, now: number): number {
  return Math.min(now + PAUSE_MS, expiresAt - LAST_SERVED_MS)
}

/** Whether it is given at once while it is asked for anew. */
export function isFresh(expiresAt: number, now: number): boolean {
  return now < expiresAt - EXPIRED_MS
}

/** Whether it is given if asking for it anew fails. */
export function isLastResort(expiresAt: number, now: number): boolean {
  return now < expiresAt - LAST_SERVED_MS
}
