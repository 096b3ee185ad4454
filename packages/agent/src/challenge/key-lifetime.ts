/**
 * The lifetime of a key and its file. A key is first presented within 60 seconds of its challenge; presented rightly
 * but answered with a failure, it stays good for 120 seconds after that first use. A file holds new keys while it is
 * younger than 60 seconds.
 *
 * Times are monotonic milliseconds, so that no change of the clock brings a key back.
 *
 * @see docs/protocol.md#the-challenge
 * @module
 */

import { KEY_FILE_REUSE_SECONDS, KEY_FIRST_USE_SECONDS, KEY_RETRY_SECONDS } from '@landfast/protocol'

/** Whether a key may still be presented for the first time. */
export function isInFirstUse(challengedAt: number, now: number): boolean {
  return isYoung(challengedAt, now, KEY_FIRST_USE_SECONDS)
}

/** Whether a key that was presented may be presented again. */
export function isInRetry(firstUsedAt: number, now: number): boolean {
  return isYoung(firstUsedAt, now, KEY_RETRY_SECONDS)
}

/** Whether a new key may be written to a file. */
export function isFileReusable(madeAt: number, now: number): boolean {
  return isYoung(madeAt, now, KEY_FILE_REUSE_SECONDS)
}

function isYoung(since: number, now: number, seconds: number): boolean {
  return now - since < seconds * 1000
}
