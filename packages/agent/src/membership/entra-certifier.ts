/**
 * Has the control plane of a machine certify a key for the application that the machine is in Entra ID. It changes nothing
 * in the state folder, so that the agent may run meanwhile.
 *
 * @see docs/entra.md#a-certificate-of-the-control-plane
 * @module
 */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Proxies } from '@landfast/server/proxy'
import { AuthorityClock } from '../authority/authority-clock.ts'
import { type Credential, credentialOf } from '../authority/credential.ts'
import { createHttpsClient } from '../authority/https-client.ts'
import { OnboardingRefused } from '../authority/onboarding-refused.ts'
import { provableKeyOf } from '../machine/machine-key.ts'
import { readNextKey } from '../machine/next-key.ts'
import { type Registration, readRegistration } from '../machine/registration.ts'
import { SourceError } from '../tokens/source.ts'
import { OnboardingClient } from './onboarding-client.ts'

/** What is to be certified, and for what. */
export interface EntraCertifierOptions {
  /** The state folder of the machine. */
  folder: string
  /** The client id of the application in Entra ID. */
  applicationId: string
  /** PEM; it is proven to the control plane and not sent. */
  privateKey: string
  /** As the host calls itself, for the audit trail of the control plane. */
  hostName?: () => string
  /** By what the control plane is reached. Default: directly. */
  proxies?: Proxies | undefined
  signal: AbortSignal
  /** Milliseconds since 1970. */
  now?: () => number
}

/**
 * Resolves to the certificate (PEM) over the key.
 *
 * @throws {AgentError} the codes of a registration.
 * @throws {OnboardingRefused | SourceError} and nothing was changed.
 */
export async function certifyForEntra(options: EntraCertifierOptions): Promise<string> {
  const { folder, proxies, hostName, now = Date.now } = options
  const registration = await readRegistration(folder)
  const https = createHttpsClient(registration.ca, registration.usesSystemCa, proxies)
  try {
    const { origin } = new URL(registration.authority)
    const clock = new AuthorityClock(now)
    const onboarding = new OnboardingClient({ https, origin, clock, ...(hostName && { hostName }) })
    const certificate = await askWithAny(onboarding, await keysOf(folder, registration), options)
    return ofKey(certificate, options.privateKey)
  } finally {
    https.close()
  }
}

/** A key that waits to be the machine's own may be that at the control plane already. */
interface MachineKeys {
  present: Credential
  next: Credential | undefined
}

async function keysOf(folder: string, registration: Registration): Promise<MachineKeys> {
  const { clientId } = registration.identity
  const present = credentialOf(clientId, registration)
  const next = await readNextKey(folder)
  const { privateKey, certificate } = next ?? {}
  const isCertified = privateKey !== undefined && certificate !== undefined
  return { present, next: isCertified ? credentialOf(clientId, { privateKey, certificate }) : undefined }
}

async function askWithAny(
  onboarding: OnboardingClient,
  { present, next }: MachineKeys,
  options: EntraCertifierOptions,
): Promise<string> {
  const { applicationId, privateKey, signal } = options
  const key = { applicationId, ...provableKeyOf(privateKey) }
  const ask = async ({ sign }: Credential) =>
    (await onboarding.certifyEntra({ sign, ...key }, signal)).certificate
  if (!next) return await ask(present)
  try {
    return await ask(next)
  } catch (error) {
    if (!(error instanceof OnboardingRefused)) throw error
    return await ask(present)
  }
}

/** What is written down must be of use. @throws {SourceError}. */
function ofKey(certificate: string, privateKey: string): string {
  try {
    if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey))) return certificate
  } catch {
    // It is said below.
  }
  throw new SourceError('unavailable', 'the control plane answered with what is no certificate of this key')
}
