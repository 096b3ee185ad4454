/**
 * When the next heartbeat is sent: by the control plane's wish, or after a failure. Every `random` is from 0 to 1.
 *
 * @see docs/onboarding.md#heartbeat
 * @module
 */

import { HEARTBEAT_SECONDS, type OnboardingErrorCode } from '@landfast/protocol'
import { spread } from './backoff.ts'

/** The control plane's wish for the next heartbeat is followed within these. */
const WISH_SECONDS = { shortest: 60, longest: 3600 }

/**
 * After failures that may pass: one more try soon, and then no more often than heartbeats are, so that a control plane that
 * comes back meets hardly more of them than at any other time. Three tries before the machine counts as disconnected.
 */
const RETRY_SECONDS = { soon: 15, later: HEARTBEAT_SECONDS }

/** A machine that is refused for good looks no more often whether it still is. */
const REFUSED_SECONDS = 3600

/** One that an administrator may enable, or accept as restored, any moment. */
const WAITING_SECONDS: Partial<Record<OnboardingErrorCode, number>> = {
  MachineDisabled: HEARTBEAT_SECONDS,
  MachineCloned: 30,
  KeyRetired: 30,
  ReturnRefused: 30,
}

/** Seconds after a heartbeat that was taken; the control plane asks for the next one after `wished`. */
export function pauseAfterBeat(wished: number, random: number): number {
  return spread(Math.min(WISH_SECONDS.longest, Math.max(WISH_SECONDS.shortest, wished)), random)
}

/** Seconds after a refusal. Some an administrator may take back; the others need a person on this machine. */
export function pauseAfterRefusal(code: OnboardingErrorCode, random: number): number {
  return spread(WAITING_SECONDS[code] ?? REFUSED_SECONDS, random)
}

/** Seconds after `failures` failures in a row, at the last of which the control plane asked to wait for `wished`. */
export function pauseAfterFailure(failures: number, wished: number, random: number): number {
  const pause = spread(failures === 1 ? RETRY_SECONDS.soon : RETRY_SECONDS.later, random)
  return Math.max(pause, Math.min(wished, WISH_SECONDS.longest))
}
