/**
 * The routes by which a machine comes to a control plane and stays with it: enrolment, renewal and heartbeat.
 * Everything else a machine asks of it is Azure's own protocol.
 *
 * @see docs/onboarding.md
 * @module
 */

import type { PartHealth } from './machine-health.ts'
import type { Identity } from './selector.ts'

/** The paths below the control plane's origin. */
export const ONBOARDING_PATH = {
  /** GET, for anyone: the certificate by which the server is known, in PEM; 404 if that is a public one. */
  caCertificate: '/landfast/v1/ca.pem',
  /** POST and GET for administrators; DELETE with `/{id}` behind it. */
  joinTokens: '/landfast/v1/join-tokens',
  /** POST: a machine registers itself with a join token. */
  enrol: '/landfast/v1/enrol',
  /** POST: a machine that was created through Resource Manager fetches its certificate. */
  certificate: '/landfast/v1/certificate',
  /** POST: a machine has a new key certified. */
  renew: '/landfast/v1/renew',
  /** POST: a machine has a key certified that signs its attested documents and nothing else. */
  attestation: '/landfast/v1/attestation-certificate',
  /** POST: a machine has a key certified that proves it at Entra ID and nowhere else. */
  entra: '/landfast/v1/entra-certificate',
  /** POST: a machine says that it is there. */
  heartbeat: '/landfast/v1/heartbeat',
} as const

/** How often a machine says that it is there. */
export const HEARTBEAT_SECONDS = 300

/** A machine without a heartbeat for this long is Disconnected: it missed three. */
export const DISCONNECTED_AFTER_SECONDS = 900

/** How long a machine's certificate is good, as for a managed identity in Azure. */
export const MACHINE_CERTIFICATE_DAYS = 90

/** A machine renews its certificate once it is this old. */
export const MACHINE_RENEWAL_DAYS = 45

/** How long a certificate for attested documents is good. It is made anew in the middle of its life. */
export const ATTESTATION_CERTIFICATE_HOURS = 24

/** How long a certificate for Entra ID is good, from its first moment to its last: tenants may forbid longer ones. */
export const ENTRA_CERTIFICATE_DAYS = 365

/** The longest name that a host may give itself, which is DNS's own limit. */
export const HOST_NAME_MAX_CHARACTERS = 253

/** `typ` in the header of a proof. */
export const PROOF_TYPE = 'landfast-proof+jwt'

/** How long a proof is good. */
export const PROOF_LIFETIME_SECONDS = 300

/** A proof that is good for longer is refused. */
export const PROOF_LIFETIME_MAX_SECONDS = 600

/** What a proof says: who sends it holds the private half of a key. Times are whole seconds since 1970. */
export interface ProofClaims {
  /** The URL of the route that it is sent to. */
  aud: string
  /** RFC 7638 thumbprint of the public key (SHA-256, base64url). */
  jkt: string
  jti: string
  iat: number
  exp: number
}

/** Claims for one request to `url`, to be signed with PS256, RS256 or ES256 by the key itself. */
export function proofClaims(options: {
  url: string
  thumbprint: string
  jti: string
  nowSeconds: number
}): ProofClaims {
  const { url, thumbprint, jti, nowSeconds } = options
  return { aud: url, jkt: thumbprint, jti, iat: nowSeconds, exp: nowSeconds + PROOF_LIFETIME_SECONDS }
}

/** A public key as JSON (RFC 7517). */
export interface PublicJwk {
  kty?: string
  crv?: string
  x?: string
  y?: string
  n?: string
  e?: string
}

/**
 * The text whose SHA-256 is the RFC 7638 thumbprint of an RSA or EC key.
 *
 * @throws {TypeError} if it is another kind of key or a member is missing.
 */
export function thumbprintInput({ kty, crv, x, y, n, e }: PublicJwk): string {
  // RFC 7638, section 3: exactly these members, in the order of their names.
  if (kty === 'RSA' && n && e) return JSON.stringify({ e, kty, n })
  if (kty === 'EC' && crv && x && y) return JSON.stringify({ crv, kty, x, y })
  throw new TypeError('only RSA and EC public keys have a thumbprint here')
}

/** The body of an enrolment. */
export interface EnrolmentRequest {
  joinTokenSecret: string
  name: string
  /** Default: that of the join token. */
  location?: string
  /** SPKI in PEM. */
  publicKey: string
  /** A signed proof for the route's URL. */
  proof: string
  /** A GUID by which the machine knows itself, however often it is registered. */
  vmId: string
  tags?: Readonly<Record<string, string>>
  /** The writable part of Resource Manager's `properties`. */
  properties?: object
  /** As the host calls itself, for the audit trail. */
  hostName?: string
}

/** The body by which a machine that Resource Manager made fetches its certificate. */
export interface CertificateRequest {
  resourceId: string
  /** A signed proof for the route's URL, by the key that the machine was made with. */
  proof: string
}

/** The answer to both: all that a machine needs to be one. */
export interface Enrolment {
  /** `https://HOST[:PORT]/{tenant}`. */
  authority: string
  identity: Identity
  /** Over the machine's key, PEM. */
  certificate: string
  /** What the first heartbeat must bring. */
  nonce: string
  location: string
}

/** The body of a renewal. */
export interface RenewalRequest {
  /** A client assertion for the route's URL by the machine's present key, even if its certificate has expired. */
  assertion: string
  /** The new key, SPKI in PEM. */
  publicKey: string
  /** A signed proof for the route's URL by the new key. */
  proof: string
  /** As the host calls itself, for the audit trail. */
  hostName?: string
}

/** The answer: the new key is the machine's own once it was used, and the old one until then. */
export interface Renewal {
  /** Over the new key, PEM. */
  certificate: string
}

/** The body by which a machine has a key certified for its attested documents: a renewal's, for another route. */
export type AttestationRequest = RenewalRequest

/** The body by which a machine has a key certified for the application that it is in Entra ID. */
export interface EntraCertificateRequest extends RenewalRequest {
  /** The client id of that application, which the certificate is to name; nothing proves that it is the machine's. */
  applicationId: string
}

/** The body of a heartbeat. */
export interface HeartbeatRequest {
  /** A client assertion for the route's URL. */
  assertion: string
  /** What the last answer gave. */
  nonce: string
  /** As the host calls itself. */
  hostName: string
  /** What of Resource Manager's `properties` the machine tells of itself. */
  properties?: object
  /** How the parts of its agent stand; left out by older agents, and while it is as it was told last. */
  health?: readonly PartHealth[]
}

/** The answer to a heartbeat. */
export interface HeartbeatAnswer {
  /** For the next one; to be kept durably before it is used. */
  nonce: string
  nextHeartbeatSeconds: number
  /** The user-assigned identities that the machine has now. */
  identities: readonly AssignedIdentity[]
  /** The tags that the machine has now; missing in the answer of an older control plane. */
  tags?: Readonly<Record<string, string>>
  /**
   * The CA certificates (PEM) by which the control plane is known from now on, in place of those of the last answer that had
   * any; missing where that never changed.
   */
  caCertificates?: readonly string[]
  /** That the health in the request is kept; missing in the answer of an older control plane, which has to be told again. */
  healthTaken?: true
}

/** A user-assigned identity of a machine. */
export type AssignedIdentity = Pick<Identity, 'clientId' | 'principalId' | 'resourceId'>
