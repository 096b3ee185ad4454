/**
 * What the stand-in's tenant holds: applications with their certificates and federated credentials, as an
 * administrator left them.
 *
 * @see https://learn.microsoft.com/graph/api/resources/keycredential
 * @see https://learn.microsoft.com/graph/api/resources/federatedidentitycredential
 * @module
 */

import { createHash, type KeyObject, X509Certificate } from 'node:crypto'

/** A certificate that was registered on an application. */
export interface RegisteredKey {
  /** SHA-256 and SHA-1 of the certificate's DER form, base64url. */
  thumbprints: { 'x5t#S256': string; x5t: string }
  publicKey: KeyObject
  /** Milliseconds since 1970. */
  endsAt: number
}

/** A federated identity credential; all three are compared as they are. */
export interface FederatedCredential {
  issuer: string
  subject: string
  audience: string
}

/** An application with its service principal. */
export interface Application {
  clientId: string
  /** Of the service principal: `oid` in tokens. */
  objectId: string
  isDisabled?: boolean
  keys: readonly RegisteredKey[]
  federated: readonly FederatedCredential[]
}

/** A tenant. */
export interface Directory {
  tenantId: string
  applications: readonly Application[]
}

/** What uploading `certificate` (PEM) makes of it. */
export function registerKey(certificate: string): RegisteredKey {
  const { raw, publicKey, validTo } = new X509Certificate(certificate)
  const digest = (hash: string) => createHash(hash).update(raw).digest('base64url')
  return {
    thumbprints: { 'x5t#S256': digest('sha256'), x5t: digest('sha1') },
    publicKey,
    endsAt: Date.parse(validTo),
  }
}
