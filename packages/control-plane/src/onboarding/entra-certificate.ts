/**
 * The certificate of the key by which a machine proves itself at Entra ID, for tenants that only take certificates of
 * authorities that they trust. Here the key proves nothing.
 *
 * @see docs/entra.md#a-certificate-of-the-control-plane
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { type EntraCertificateRequest, ONBOARDING_PATH, type Renewal } from '@landfast/protocol'
import { BucketLimit } from '@landfast/server'
import { refuseIfEarly } from '../limits/too-many-requests.ts'
import { originOf } from './onboarding-audit.ts'
import type { OnboardingParts, RequestTrace } from './onboarding-parts.ts'
import { certifySideKey } from './side-key.ts'

/** A machine needs one a year; each is good for a year and is revoked by none. Ten in a row, then one an hour. */
const FOR_MACHINE = { burst: 10, perSecond: 1 / 3600 }

/** Certifies the key of `request` for the machine that sent it. */
export type CertifyEntra = (request: EntraCertificateRequest, trace: RequestTrace) => Promise<Renewal>

/**
 * What certifies such keys; each replica counts for itself how many a machine has.
 *
 * @throws {OnboardingError | RegistryError | TooManyRequests} and nothing was changed.
 */
export function createEntraCertifier(parts: OnboardingParts): CertifyEntra {
  const limit = new BucketLimit(FOR_MACHINE)
  return async (request, trace) => {
    const applicationId = request.applicationId.toLowerCase()
    const certify = async (publicKey: KeyObject, clientId: string) => {
      // Only what was given counts: a copy of an assertion takes nothing from the machine.
      limit.take(clientId, trace.time.getTime())
      return await parts.certificates.certifyEntra(publicKey, { clientId, applicationId })
    }
    return await certifySideKey(parts, request, {
      trace,
      use: {
        path: ONBOARDING_PATH.entra,
        audit: {
          action: 'certify-entra',
          audience: applicationId,
          origin: originOf(trace, request.hostName),
        },
        admit: (clientId) => refuseIfEarly(limit.waitSeconds(clientId, trace.time.getTime())),
        certify,
      },
    })
  }
}
