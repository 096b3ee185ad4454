/**
 * Which heartbeat of a machine did not come. The status says so only after three of them; a person who looks wants to know at once.
 *
 * @see docs/onboarding.md#heartbeat
 * @module
 */

import { HEARTBEAT_SECONDS } from '@landfast/protocol'

const HEARTBEAT_MILLISECONDS = HEARTBEAT_SECONDS * 1000

/** When the next heartbeat after `lastHeartbeat` was due; undefined while it may only be late, and where there was none. */
export function missedHeartbeat(lastHeartbeat: string | undefined, now: Date): Date | undefined {
  const due = Date.parse(lastHeartbeat ?? '') + HEARTBEAT_MILLISECONDS
  return now.getTime() >= due + HEARTBEAT_MILLISECONDS ? new Date(due) : undefined
}
