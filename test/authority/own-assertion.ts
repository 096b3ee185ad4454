/**
 * An assertion of the application itself, for clients that let the application make it.
 *
 * @module
 */

import { createHash, createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SignJWT } from 'jose'
import type { PreparedClient } from './prepared-client.ts'

/** The key of the application with the name that a header gives it. */
export function ownKey({ certificateFile }: PreparedClient) {
  const pem = readFileSync(certificateFile, 'utf8')
  const { raw } = new X509Certificate(pem)
  const digest = (hash: string, encoding: 'base64url' | 'hex') =>
    createHash(hash).update(raw).digest(encoding)
  return {
    privateKey: createPrivateKey(pem),
    privateKeyPem: pem.slice(0, pem.indexOf('-----BEGIN CERTIFICATE')),
    certificatePem: pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')),
    'x5t#S256': digest('sha256', 'base64url'),
    thumbprintSha256: digest('sha256', 'hex'),
    thumbprint: digest('sha1', 'hex'),
  }
}

/** A new assertion. */
export function makeOwnAssertion(client: PreparedClient): Promise<string> {
  const { privateKey, 'x5t#S256': x5tS256 } = ownKey(client)
  return new SignJWT({})
    .setProtectedHeader({ alg: 'PS256', 'x5t#S256': x5tS256 })
    .setAudience(`${client.url}/${client.tenantId}/oauth2/v2.0/token`)
    .setIssuer(client.clientId)
    .setSubject(client.clientId)
    .setJti(randomUUID())
    .setIssuedAt()
    .setNotBefore('0s')
    .setExpirationTime('10m')
    .sign(privateKey)
}
