/**
 * Tells which cached token a request does not want: any, or the one that its resource has refused.
 *
 * @see docs/protocol.md#the-request
 * @module
 */

import { createHash } from 'node:crypto'
import type { TokenRequest } from '@landfast/protocol'

/** Whether `accessToken`, from the cache, is not to be the answer to `request`. */
export function isUnwanted(
  { bypassCache, refusedTokenHash }: Pick<TokenRequest, 'bypassCache' | 'refusedTokenHash'>,
  accessToken: string,
): boolean {
  if (bypassCache) return true
  if (refusedTokenHash === undefined) return false
  return createHash('sha256').update(accessToken).digest('hex') === refusedTokenHash
}
