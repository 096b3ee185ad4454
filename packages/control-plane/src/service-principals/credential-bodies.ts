/**
 * Shows credentials of applications: everything by which a person tells them apart, and nothing that proves a client.
 *
 * @module
 */

import { trustBody } from '../federation/credential-change.ts'
import type { ClientCertificate } from '../registry/client-certificates.ts'
import type { ClientSecret } from '../registry/client-secrets.ts'
import type { FederatedCredential } from '../registry/federated-credentials.ts'

/** A secret without its text. */
export function secretBody({ id, displayName, hint, expiresAt, createdAt }: ClientSecret): object {
  return {
    id,
    displayName,
    hint,
    expiresAt: expiresAt.toISOString(),
    createdAt: createdAt.toISOString(),
  }
}

/** A certificate, or an authority with the subject that it vouches for. */
export function certificateBody(certificate: ClientCertificate): object {
  const { id, kind, certificate: pem, sha256, sha1, subjectName, notAfter, createdAt } = certificate
  return {
    id,
    kind,
    certificate: pem,
    'x5t#S256': sha256,
    x5t: sha1,
    ...(subjectName !== null && { subjectName }),
    expiresAt: notAfter.toISOString(),
    createdAt: createdAt.toISOString(),
  }
}

/** A federated credential. */
export function federatedCredentialBody(credential: FederatedCredential): object {
  return { name: credential.name, ...trustBody(credential) }
}
