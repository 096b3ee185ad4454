/**
 * The certificate of the key by which a machine signs its attested documents. The key is not the machine's own, and can
 * only sign documents: it gets no token, no heartbeat, no other certificate.
 *
 * @see docs/metadata.md#the-attested-document
 * @module
 */

import { type AttestationRequest, ONBOARDING_PATH, type Renewal } from '@landfast/protocol'
import { recordAudit } from '../audit/audit-trail.ts'
import { spendAssertions } from '../authority/spent-assertions.ts'
import { isKnownKey } from '../registry/machine-keys.ts'
import { proveSentKey } from './key-proof.ts'
import { findKnownKey, type KnownKey } from './known-keys.ts'
import { asMachine, checkStanding, type MachineAssertion } from './machine-assertion.ts'
import { onboardingEntry } from './onboarding-audit.ts'
import { OnboardingError } from './onboarding-error.ts'
import { type OnboardingParts, type RequestTrace, routeUrl } from './onboarding-parts.ts'

/**
 * Certifies the key of `request` for the machine that sent it.
 *
 * @throws {OnboardingError | RegistryError} and nothing was changed.
 */
export async function certifyAttestation(
  parts: OnboardingParts,
  request: AttestationRequest,
  trace: RequestTrace,
): Promise<Renewal> {
  const url = routeUrl(parts.names, ONBOARDING_PATH.attestation)
  const { key, thumbprint } = await proveSentKey(request, { url, now: trace.time })
  return asMachine(request.assertion, { ...parts, url, now: trace.time }, async (assertion) => {
    checkCurrent(assertion.key, trace)
    await spend(parts, { assertion, thumbprint, trace })
    const certificate = await parts.certificates.certifyAttestation(key, assertion.key.identity.clientId)
    return { certificate }
  })
}

interface Demand {
  assertion: MachineAssertion
  /** Of the key to be certified. */
  thumbprint: string
  trace: RequestTrace
}

/** The machine's key is looked up anew where the assertion is spent: it may have been disabled meanwhile. */
async function spend({ storage }: OnboardingParts, { assertion, thumbprint, trace }: Demand): Promise<void> {
  const { key, spends } = assertion
  const { identity } = key
  await storage.change(async (trx) => {
    const present = await findKnownKey(trx, key.certificateSha256)
    if (!present) throw new OnboardingError('AssertionRefused', { identity })
    checkCurrent(present, trace)
    // A signature over a document must never pass for one of a machine itself.
    if (await isKnownKey(trx, thumbprint)) throw new OnboardingError('KeyKnown', { identity })
    const [isFresh] = await spendAssertions(trx, [spends])
    if (!isFresh) throw new OnboardingError('AssertionSpent', { identity })
    await recordAudit(trx, [onboardingEntry('certify-attestation', trace, identity)])
  })
}

function checkCurrent(key: KnownKey, { time }: RequestTrace): void {
  checkStanding(key)
  if (key.notAfter <= time) throw new OnboardingError('CertificateExpired', { identity: key.identity })
}
