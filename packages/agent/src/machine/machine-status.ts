/**
 * The status of a machine at its control plane, in Azure's words.
 *
 * @see https://learn.microsoft.com/azure/azure-arc/servers/overview#agent-status
 * @module
 */

import { DISCONNECTED_AFTER_SECONDS } from '@landfast/protocol'
import type { Presence, Refusal } from './presence.ts'

/** What of the heartbeats says how a machine stands. */
type Signs = Pick<Presence, 'lastHeartbeatAt' | 'refusal'>

/** What `show` tells. Times are ISO 8601. */
export interface MachineStatus {
  status: 'Connected' | 'Disconnected' | 'Expired'
  lastHeartbeat: string | undefined
  certificateEnd: string
  /** Why the control plane refuses this machine. */
  refusal: Refusal | undefined
}

/** The status of a machine whose certificate ends at `notAfter`; times are milliseconds since 1970. */
export function machineStatus(
  presence: Signs | undefined,
  { notAfter, now }: { notAfter: number; now: number },
): MachineStatus {
  const { lastHeartbeatAt, refusal } = presence ?? {}
  return {
    status: statusOf(presence, { notAfter, now }),
    lastHeartbeat: lastHeartbeatAt,
    certificateEnd: new Date(notAfter).toISOString(),
    refusal,
  }
}

function statusOf(
  presence: Signs | undefined,
  { notAfter, now }: { notAfter: number; now: number },
): MachineStatus['status'] {
  if (now >= notAfter) return 'Expired'
  const last = Date.parse(presence?.lastHeartbeatAt ?? '')
  const isRecent = now - last < DISCONNECTED_AFTER_SECONDS * 1000
  return isRecent && !presence?.refusal ? 'Connected' : 'Disconnected'
}
