/**
 * The audit entries of onboarding: every change, and so many refusals that callers who proved nothing cannot fill the
 * disk.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { RefusalLimit } from '@landfast/server'
import { type AuditAction, type AuditEntry, lastingSpan } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { networkOf } from '../limits/request-limits.ts'
import { OnboardingError, onboardingErrorOf } from './onboarding-error.ts'
import type { OnboardingParts, RequestTrace } from './onboarding-parts.ts'

/** Whose machine it was. */
type Subject = Pick<AuditEntry, 'clientId' | 'principalId' | 'resourceId'>

/** The entry for a change that `trace` asked for. */
export function onboardingEntry(
  action: AuditAction,
  { time, correlationId }: RequestTrace,
  { clientId, principalId, resourceId }: Subject,
): AuditEntry {
  const asked = { id: randomUUID(), time, correlationId }
  return { ...asked, action, outcome: 'done', clientId, principalId, resourceId }
}

/** Which host asks as a machine: by its own name, which nothing proves, and its address. */
export function originOf({ address }: RequestTrace, hostName: string | undefined): string | undefined {
  const host = hostName === undefined ? undefined : `"${hostName}"`
  const known = [host, address && `at ${address}`].filter((part) => part !== undefined)
  return known.length === 0 ? undefined : known.join(' ')
}

/**
 * What an agent asks for by its own schedule, again and again until it is let in: equal refusals of an hour are one row, as the
 * rows would else push all others out of what a person looks at.
 */
const SCHEDULED: ReadonlySet<AuditAction> = new Set<AuditAction>([
  'heartbeat',
  'fetch-certificate',
  'renew-machine-key',
  'certify-attestation',
  'certify-entra',
])

/** The entry of a refusal. A caller that proved nothing may send what it likes, so its address is all that is known of it. */
function refusalEntry(
  action: AuditAction,
  trace: RequestTrace,
  { code, identity }: OnboardingError,
): AuditEntry & { code: string } {
  const entry = { ...onboardingEntry(action, trace, { ...identity }), outcome: 'refused', code } as const
  if (!SCHEDULED.has(action)) return entry
  const origin = originOf(trace, undefined)
  const gathered = [
    'refused',
    action,
    code,
    identity?.principalId ?? '',
    origin ?? '',
    lastingSpan(trace.time),
  ].join(' ')
  return { ...entry, origin, gathered }
}

/** Machines and codes that are counted apart; each machine had to prove itself. */
const PROVEN_MAX = 10_000

/** Runs the work of a route; if that is refused, the refusal is on record before it is thrown. */
export type OnRecord = <T>(action: AuditAction, trace: RequestTrace, work: () => Promise<T>) => Promise<T>

/** Keeps the record in `storage`. */
export function createRefusalRecord({ storage, now }: Pick<OnboardingParts, 'storage' | 'now'>): OnRecord {
  const unproven = new RefusalLimit(() => now().getTime())
  const proven = new RefusalLimit(() => now().getTime(), { kindsMax: PROVEN_MAX })
  return async (action, trace, work) => {
    try {
      return await work()
    } catch (cause) {
      const error = onboardingErrorOf(cause)
      if (error instanceof OnboardingError) await record(error)
      throw error
    }

    async function record(error: OnboardingError): Promise<void> {
      const { code, identity } = error
      // What a caller only claims to be counts for nothing, and takes nothing from who has proved itself.
      const suppressed = identity
        ? proven.take(`${identity.principalId} ${code}`)
        : unproven.take(`${networkOf(trace.address ?? '')} ${code}`)
      if (suppressed === undefined) return
      const entry = { ...refusalEntry(action, trace, error), suppressed }
      await storage.change((trx) => recordAudit(trx, [entry]))
    }
  }
}
