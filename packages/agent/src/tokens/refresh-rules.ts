/**
 * The rules by which a cached token is refreshed ahead, served, and kept as the last resort.
 *
 * @see docs/protocol.md#what-the-agent-serves
 * @module
 */

import { TOKEN_EXPIRED_FOR_CLIENTS_SECONDS, TOKEN_LAST_SERVED_SECONDS } from '@landfast/protocol'
import type { Clock } from '../clock.ts'
import { type CachedToken, remainingMs } from './token-cache.ts'

/** A token is refreshed ahead when half of its life is over. */
const REFRESH_AT = 0.5

/** Whether a token is refreshed ahead now: it was used since it came, and half of its life is over. */
export function isRefreshDue(token: CachedToken, clock: Clock): boolean {
  return token.used && remainingMs(token, clock) <= token.lifetimeMs * REFRESH_AT
}

/** Whether a token is served while upstream answers. */
export function isFresh(token: CachedToken, clock: Clock): boolean {
  return remainingSeconds(token, clock) > TOKEN_EXPIRED_FOR_CLIENTS_SECONDS
}

/** Whether a token is served while upstream does not answer. */
export function isLastResort(token: CachedToken, clock: Clock): boolean {
  return remainingSeconds(token, clock) > TOKEN_LAST_SERVED_SECONDS
}

function remainingSeconds(token: CachedToken, clock: Clock): number {
  return Math.floor(remainingMs(token, clock) / 1000)
}
