/**
 * Certificates for attested documents of a machine whose key is not renewed here, since its tokens come from
 * `createControlPlaneSource`.
 *
 * @see docs/metadata.md#the-attested-document
 * @module
 */

import type { Logger } from '@landfast/server'
import { AuthorityClock } from '../authority/authority-clock.ts'
import { provableKeyOf } from '../machine/machine-key.ts'
import type { Registration } from '../machine/registration.ts'
import type { CertifyAttestation } from './attestation-key.ts'

/** Has keys certified for the machine of `registration`. Nothing is loaded or sent before the first is. */
export function createAttestationCertifier(options: {
  registration: Registration
  log?: Logger
  /** Milliseconds since 1970. */
  now?: () => number
}): CertifyAttestation {
  const { registration, log, now = Date.now } = options
  const clock = new AuthorityClock(now, log)
  return async (privateKey, signal) => {
    const { createHttpsClient, credentialOf, OnboardingClient } = await load()
    const https = createHttpsClient(registration.ca, registration.usesSystemCa)
    try {
      const { sign } = credentialOf(registration.identity.clientId, registration)
      const { origin } = new URL(registration.authority)
      const onboarding = new OnboardingClient({ https, origin, clock })
      return (await onboarding.certifyAttestation({ sign, ...provableKeyOf(privateKey) }, signal)).certificate
    } finally {
      https.close()
    }
  }
}

/** TLS among it. */
async function load() {
  const [{ createHttpsClient }, { credentialOf }, { OnboardingClient }] = await Promise.all([
    import('../authority/https-client.ts'),
    import('../authority/credential.ts'),
    import('../membership/onboarding-client.ts'),
  ])
  return { createHttpsClient, credentialOf, OnboardingClient }
}
