/**
 * The nonce that each heartbeat must bring from the answer before, so that of two copies of one machine only one
 * goes on. The one before that is good as well, since an answer may be lost.
 *
 * @see docs/onboarding.md#clones
 * @module
 */

/** Kept in place of a nonce where the registry was restored from a backup: the next one may be any. */
export const ANY_NONCE = ''

/** What is kept of a machine's heartbeats. */
export interface Nonces {
  nonce: string
  previousNonce: string | null
}

/** The nonces after a heartbeat that brought `presented`, or undefined if it comes from a copy. */
export function succeedNonce(
  { nonce, previousNonce }: Nonces,
  { presented, fresh }: { presented: string; fresh: string },
): Nonces | undefined {
  const isKnown = nonce === ANY_NONCE || presented === nonce || presented === previousNonce
  return isKnown ? { nonce: fresh, previousNonce: presented } : undefined
}
