/**
 * The certificate of the key by which a machine signs its attested documents, and nothing else.
 *
 * @see docs/metadata.md#the-attested-document
 * @module
 */

import { type AttestationRequest, ONBOARDING_PATH, type Renewal } from '@landfast/protocol'
import type { OnboardingParts, RequestTrace } from './onboarding-parts.ts'
import { certifySideKey } from './side-key.ts'

/**
 * Certifies the key of `request` for the machine that sent it.
 *
 * @throws {OnboardingError | RegistryError} and nothing was changed.
 */
export function certifyAttestation(
  parts: OnboardingParts,
  request: AttestationRequest,
  trace: RequestTrace,
): Promise<Renewal> {
  return certifySideKey(parts, request, {
    trace,
    use: {
      path: ONBOARDING_PATH.attestation,
      audit: { action: 'certify-attestation' },
      certify: (publicKey, clientId) => parts.certificates.certifyAttestation(publicKey, clientId),
    },
  })
}
