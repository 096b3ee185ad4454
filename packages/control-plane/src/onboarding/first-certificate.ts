/**
 * The certificate of a machine that was created through Resource Manager with its public key: the machine proves
 * that it holds the private half and is told the rest.
 *
 * @see docs/onboarding.md#the-certificate
 * @module
 */

import { type CertificateRequest, type Enrolment, ONBOARDING_PATH } from '@landfast/protocol'
import { parseJwt } from '@landfast/server'
import { recordAudit } from '../audit/audit-trail.ts'
import { recertifyKey } from '../registry/machine-keys.ts'
import { certifyKey } from '../registry/machine-public-key.ts'
import { firstAnswer } from './first-answer.ts'
import { checkProof, isProofBy } from './key-proof.ts'
import { findKeyOfMachine, type KnownKey } from './known-keys.ts'
import { onboardingEntry } from './onboarding-audit.ts'
import { OnboardingError } from './onboarding-error.ts'
import { type OnboardingParts, type RequestTrace, routeUrl } from './onboarding-parts.ts'

/**
 * The first answer for the machine of `request`, as often as it asks.
 *
 * @throws {OnboardingError} `MachineNotFound` unless the machine exists and its key made the proof.
 */
export async function fetchCertificate(
  parts: OnboardingParts,
  request: CertificateRequest,
  trace: RequestTrace,
): Promise<Enrolment> {
  const key = await keyBehind(parts, request)
  const { names, storage } = parts
  const url = routeUrl(names, ONBOARDING_PATH.certificate)
  checkProof(request.proof, { key: key.publicKey, thumbprint: key.thumbprint, url, now: trace.time })
  if (key.notAfter <= trace.time) await certifyAnew(parts, key, trace)
  return firstAnswer(storage.db, names, { ...key, principalId: key.identity.principalId })
}

/** Who has no key of the machine does not even learn that there is one of this name. */
async function keyBehind(
  { storage }: OnboardingParts,
  { resourceId, proof }: CertificateRequest,
): Promise<KnownKey> {
  const jwt = parseJwt(proof)
  const thumbprint = jwt?.claims.jkt
  if (!jwt || typeof thumbprint !== 'string') throw new OnboardingError('InvalidProof')
  const key = await findKeyOfMachine(storage.db, { resourceId, thumbprint })
  if (!key || !isProofBy(jwt, key.publicKey)) throw new OnboardingError('MachineNotFound')
  return key
}

/** The machine came later after its creation than a certificate is good. */
async function certifyAnew(parts: OnboardingParts, known: KnownKey, trace: RequestTrace): Promise<void> {
  const { identity, publicKey, thumbprint } = known
  const key = await certifyKey(parts.certificates, { key: publicKey, thumbprint }, identity.clientId)
  await parts.storage.change(async (trx) => {
    // Refuses, if it must, before anything is changed.
    await firstAnswer(trx, parts.names, { ...known, principalId: identity.principalId })
    await recertifyKey(trx, key)
    await recordAudit(trx, [onboardingEntry('fetch-certificate', trace, identity)])
  })
}
