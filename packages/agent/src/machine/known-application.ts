/**
 * What may be told of the application in Entra ID that this machine is: nothing by which it is proven.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { type EntraIssuer, type EntraRegistration, findEntraRegistration } from './entra-registration.ts'

/** The application. */
export interface KnownApplication {
  cloud: string
  tenantId: string
  clientId: string
  objectId: string | undefined
  /** Undefined where a user-assigned identity proves it; ISO 8601. */
  certificateEnd: string | undefined
  /** Who made that certificate. */
  certificateFrom: EntraIssuer | undefined
  /** When the certificate that is to follow was made, ISO 8601; undefined where there is none. */
  nextSince: string | undefined
  /** The ARM id of the identity that proves it. */
  federatedIdentity: string | undefined
}

/** The one in `folder`, if there is one. @throws {AgentError} if it cannot be read. */
export async function findKnownApplication(folder: string): Promise<KnownApplication | undefined> {
  const registration = await findEntraRegistration(folder)
  return registration && knownApplicationOf(registration)
}

/** What may be told of `registration`. */
export function knownApplicationOf({
  cloud,
  tenantId,
  clientId,
  objectId,
  proof,
}: EntraRegistration): KnownApplication {
  const isCertificate = proof.kind === 'certificate'
  return {
    ...{ cloud, tenantId, clientId, objectId },
    certificateEnd: isCertificate ? endOf(proof.certificate) : undefined,
    certificateFrom: isCertificate ? (proof.issuer ?? 'self-signed') : undefined,
    nextSince: isCertificate ? proof.next?.registeredAt : undefined,
    federatedIdentity: isCertificate ? undefined : proof.identity,
  }
}

/** One that cannot be read has ended: nothing is proven by it. */
function endOf(certificate: string): string {
  try {
    return new X509Certificate(certificate).validToDate.toISOString()
  } catch {
    return new Date(0).toISOString()
  }
}
