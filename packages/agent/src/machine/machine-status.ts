/**
 * How a machine stands at its control plane, in Azure's words, and why it is not connected: one answer for `show`, the
 * agent's `/status` and `/agentstatus`, and the file that every user may read.
 *
 * @see https://learn.microsoft.com/azure/azure-arc/servers/overview#agent-status
 * @see docs/connect.md#show
 * @module
 */

import { DISCONNECTED_AFTER_SECONDS } from '@landfast/protocol'
import type { Presence, Refusal } from './presence.ts'

/** What of the heartbeats says how a machine stands. */
type Signs = Pick<Presence, 'lastHeartbeatAt' | 'refusal'>

/** Why a machine is not connected although nobody refused it. Refusals bring the control plane's own sentence. */
const SILENCES = {
  NoHeartbeat: 'the control plane has taken no heartbeat of this machine yet; "landfast agent" sends them',
  HeartbeatsUnanswered: `the control plane has taken no heartbeat for ${DISCONNECTED_AFTER_SECONDS / 60} minutes; look whether the agent runs, and into its log`,
  CertificateEnded:
    'the certificate of this machine has ended; the agent has a new one made as soon as the control plane answers',
} as const

/** What `show` tells. Times are ISO 8601. */
export interface MachineStatus {
  status: 'Connected' | 'Disconnected' | 'Expired'
  lastHeartbeat: string | undefined
  certificateEnd: string
  /** The control plane's refusal, if it refuses this machine. */
  refusal: Refusal | undefined
  /** Why it is not connected: the refusal, or what else is known. */
  reason: { code: string; message: string; at?: string } | undefined
}

/** The status of a machine whose certificate ends at `notAfter`; times are milliseconds since 1970. */
export function machineStatus(
  presence: Signs | undefined,
  times: { notAfter: number; now: number },
): MachineStatus {
  const { lastHeartbeatAt, refusal } = presence ?? {}
  const silence = silenceOf(presence, times)
  return {
    status: statusOf(silence, refusal),
    lastHeartbeat: lastHeartbeatAt,
    certificateEnd: new Date(times.notAfter).toISOString(),
    refusal,
    reason: refusal ?? (silence && { code: silence, message: SILENCES[silence] }),
  }
}

function statusOf(
  silence: keyof typeof SILENCES | undefined,
  refusal: Refusal | undefined,
): MachineStatus['status'] {
  if (silence === 'CertificateEnded') return 'Expired'
  return silence || refusal ? 'Disconnected' : 'Connected'
}

function silenceOf(
  presence: Signs | undefined,
  { notAfter, now }: { notAfter: number; now: number },
): keyof typeof SILENCES | undefined {
  if (now >= notAfter) return 'CertificateEnded'
  const last = Date.parse(presence?.lastHeartbeatAt ?? '')
  if (Number.isNaN(last)) return 'NoHeartbeat'
  return now - last < DISCONNECTED_AFTER_SECONDS * 1000 ? undefined : 'HeartbeatsUnanswered'
}
