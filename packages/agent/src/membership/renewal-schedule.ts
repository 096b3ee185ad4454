/**
 * The times at which a machine has a new key certified, and tries again.
 *
 * @module
 */

import { MACHINE_CERTIFICATE_DAYS, MACHINE_RENEWAL_DAYS } from '@landfast/protocol'
import { backoffSeconds } from './backoff.ts'

const DAY_MS = 86_400_000

/** Machines that were connected together renew within this time, not in the same minute. */
const SPREAD_MS = DAY_MS

/** Counted from the end: a certificate begins before it is made, in case of a clock that is behind. */
const LEFT_MS = (MACHINE_CERTIFICATE_DAYS - MACHINE_RENEWAL_DAYS) * DAY_MS

/** The share of a certificate's life that is left when it is renewed, if it is shorter than usual. */
const LEFT_SHARE = 0.5

/** Between two tries to renew. */
const RETRY_SECONDS = { first: 60, longest: 3600 }

/**
 * When a certificate is to be renewed. All times are milliseconds since 1970.
 *
 * @param jitter from 0 to 1, the machine's own.
 */
export function renewalDueAt(
  { notBefore, notAfter }: { notBefore: number; notAfter: number },
  jitter: number,
): number {
  const life = notAfter - notBefore
  const left = Math.min(LEFT_MS, life * LEFT_SHARE)
  return notAfter - left + jitter * Math.min(SPREAD_MS, left)
}

/** Seconds after `failures` failures in a row. */
export function pauseAfterFailedRenewal(failures: number, random: number): number {
  return backoffSeconds(failures, { ...RETRY_SECONDS, random })
}
