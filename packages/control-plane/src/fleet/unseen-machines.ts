/**
 * Which machines have not been seen for so long that they may be taken for dead.
 *
 * @module
 */

import type { MachineResource } from '../registry/machine-resource.ts'

const HOUR_MILLISECONDS = 3_600_000

/** For how long a machine was not seen that may be deleted for that, at least. */
export const UNSEEN_MIN_MILLISECONDS = 24 * HOUR_MILLISECONDS

/**
 * For how long the control plane itself has missed the machine, at least. After an outage of the control plane no machine
 * has been seen; those that live come back within minutes.
 */
const MISSED_MIN_MILLISECONDS = HOUR_MILLISECONDS

/** Whether the machine was last seen before `before`, while the control plane was there to see it. */
export function isUnseen(
  { status, statusChangedAt, heartbeatAt, createdAt }: MachineResource,
  { before, now }: { before: Date; now: Date },
): boolean {
  if (status === 'Connected') return false
  const missed = now.getTime() - statusChangedAt.getTime()
  return (heartbeatAt ?? createdAt) < before && missed >= MISSED_MIN_MILLISECONDS
}
