/**
 * The assertion by which a machine proves itself to its authority: a JWT signed with the machine's own key.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-4.1.8
 * @module
 */

import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import { assertionClaims } from '@landfast/protocol'
import { signJwt } from '@landfast/server'

/** Signs one assertion for one request to `url`; `nowSeconds` is by the authority's clock. */
export type SignAssertion = (request: { url: string; nowSeconds: number }) => string

/** A signer for the client with this key and certificate (PEM). */
export function createAssertionSigner(client: {
  clientId: string
  privateKey: string
  certificate: string
}): SignAssertion {
  const { clientId } = client
  const key = createPrivateKey(client.privateKey)
  const thumbprint = new X509Certificate(client.certificate).fingerprint256.replaceAll(':', '')
  const header = { typ: 'JWT', 'x5t#S256': Buffer.from(thumbprint, 'hex').toString('base64url') }
  return ({ url, nowSeconds }) => {
    const claims = assertionClaims({ tokenEndpoint: url, clientId, jti: randomUUID(), nowSeconds })
    return signJwt(header, claims, key)
  }
}
