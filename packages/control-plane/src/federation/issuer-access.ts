/**
 * The exceptions that an operator allows single issuers: private networks, and a CA that is not a public one.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { isIssuer } from '../registry/federated-trust.ts'
import { readNetworks } from './issuer-networks.ts'
import type { IssuerAccess } from './issuer-way.ts'

/** What one issuer is allowed. */
export interface ForeignIssuerOptions {
  /** Private networks in CIDR notation, in which the issuer and its keys may be. Default: none. */
  networks?: readonly string[]
  /** PEM of the CA certificates to know it by, in the place of the public ones. */
  ca?: string
}

/** By issuer, exactly as federated credentials have it. */
export type ForeignIssuers = Readonly<Record<string, ForeignIssuerOptions>>

/**
 * Reads `issuers`.
 *
 * @throws {RangeError} if one is no https URL, a network is not private or a CA is no certificate.
 */
export function readIssuerAccess(issuers: ForeignIssuers): ReadonlyMap<string, IssuerAccess> {
  return new Map(Object.entries(issuers).map(([issuer, options]) => [issuer, accessOf(issuer, options)]))
}

function accessOf(issuer: string, { networks = [], ca }: ForeignIssuerOptions): IssuerAccess {
  if (!isIssuer(issuer)) {
    throw new RangeError(
      `the foreign issuer "${issuer}" must be an https URL, as federated credentials have it`,
    )
  }
  const access = { networks: readNetworks(networks) }
  if (ca === undefined) return access
  if (!isCertificates(ca)) {
    throw new RangeError(`the CA of the foreign issuer "${issuer}" must be certificates in PEM`)
  }
  return { ...access, ca }
}

function isCertificates(pem: string): boolean {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    return certificates.map((certificate) => new X509Certificate(certificate)).length > 0
  } catch {
    return false
  }
}
