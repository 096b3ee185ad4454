/**
 * A key of a machine that is certified beside the machine's own and can never take its place: it gets no token here, no
 * heartbeat, no other certificate. Nothing of it is kept but a row of the audit trail.
 *
 * @module
 */

import type { KeyObject } from 'node:crypto'
import type { ONBOARDING_PATH, Renewal, RenewalRequest } from '@landfast/protocol'
import type { AuditEntry } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { spendAssertions } from '../authority/spent-assertions.ts'
import { isKnownKey } from '../registry/machine-keys.ts'
import { proveSentKey } from './key-proof.ts'
import { findKnownKey, type KnownKey } from './known-keys.ts'
import { asMachine, checkStanding, type MachineAssertion } from './machine-assertion.ts'
import { onboardingEntry } from './onboarding-audit.ts'
import { OnboardingError } from './onboarding-error.ts'
import { type OnboardingParts, type RequestTrace, routeUrl } from './onboarding-parts.ts'

/** What such a key is certified for. */
export interface SideKeyUse {
  path: (typeof ONBOARDING_PATH)[keyof typeof ONBOARDING_PATH]
  /** What the audit trail says of it. */
  audit: Pick<AuditEntry, 'action' | 'audience' | 'origin'>
  /** Told which machine has proved itself; what it throws refuses it. */
  admit?: (clientId: string) => void
  /** Makes the certificate (PEM) for the machine with this client id. */
  certify: (publicKey: KeyObject, clientId: string) => Promise<string>
}

/**
 * Certifies the key of `request` for the machine that sent it.
 *
 * @throws {OnboardingError | RegistryError} and nothing was changed.
 */
export async function certifySideKey(
  parts: OnboardingParts,
  request: RenewalRequest,
  { trace, use }: { trace: RequestTrace; use: SideKeyUse },
): Promise<Renewal> {
  const url = routeUrl(parts.names, use.path)
  const { key, thumbprint } = proveSentKey(request, { url, now: trace.time })
  return asMachine(request.assertion, { ...parts, url, now: trace.time }, async (assertion) => {
    checkCurrent(assertion.key, trace)
    const { clientId } = assertion.key.identity
    use.admit?.(clientId)
    await spend(parts, { assertion, thumbprint, trace, audit: use.audit })
    return { certificate: await use.certify(key, clientId) }
  })
}

interface Demand {
  assertion: MachineAssertion
  /** Of the key to be certified. */
  thumbprint: string
  trace: RequestTrace
  audit: SideKeyUse['audit']
}

/** The machine's key is looked up anew where the assertion is spent: it may have been disabled meanwhile. */
async function spend(
  { storage }: OnboardingParts,
  { assertion, thumbprint, trace, audit }: Demand,
): Promise<void> {
  const { key, spends } = assertion
  const { identity } = key
  await storage.change(async (trx) => {
    const present = await findKnownKey(trx, key.certificateSha256)
    if (!present) throw new OnboardingError('AssertionRefused', { identity })
    checkCurrent(present, trace)
    // What is signed by such a key must never pass for the word of a machine itself.
    if (await isKnownKey(trx, thumbprint)) throw new OnboardingError('KeyKnown', { identity })
    const [isFresh] = await spendAssertions(trx, [spends])
    if (!isFresh) throw new OnboardingError('AssertionSpent', { identity })
    await recordAudit(trx, [{ ...onboardingEntry(audit.action, trace, identity), ...audit }])
  })
}

function checkCurrent(key: KnownKey, { time }: RequestTrace): void {
  checkStanding(key)
  if (key.notAfter <= time) throw new OnboardingError('CertificateExpired', { identity: key.identity })
}
