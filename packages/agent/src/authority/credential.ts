/**
 * The credential with which a machine proves itself at its control plane.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import type { Registration } from '../machine/registration.ts'
import { createAssertionSigner, type SignAssertion } from './assertion.ts'

/** A key with its certificate, by which assertions are signed. */
export interface Credential {
  /** The client id of the machine. */
  readonly clientId: string
  readonly sign: SignAssertion
  /** The life of the certificate; milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
}

/** A machine's credentials: one, or two while it renews. */
export interface Credentials {
  /**
   * The one to use now; waits for a new one if the certificate has expired.
   *
   * @throws {OnboardingRefused | SourceError} if it has expired and could not be renewed.
   */
  usable(signal: AbortSignal): Promise<Credential>
  /** Told that the authority took `credential`. Never rejects. */
  proven(credential: Credential): Promise<void>
  /** Told that the authority refused `credential`; true if there is another one to try now. */
  afterRefusal(credential: Credential): boolean
}

/** The credential of a key and its certificate. */
export function credentialOf(
  clientId: string,
  { privateKey, certificate }: Pick<Registration, 'privateKey' | 'certificate'>,
): Credential {
  const { validFromDate, validToDate } = new X509Certificate(certificate)
  return {
    clientId,
    sign: createAssertionSigner({ clientId, privateKey, certificate }),
    notBefore: validFromDate.getTime(),
    notAfter: validToDate.getTime(),
  }
}
