/**
 * The assertion by which a machine proves itself to its authority: a JWT signed with the machine's own key.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-4.1.8
 * @module
 */

import { constants, createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto'
import { assertionClaims } from '@landfast/protocol'

/** Signs one assertion for one request; `nowSeconds` is by the authority's clock. */
export type SignAssertion = (request: { tokenEndpoint: string; nowSeconds: number }) => string

/** A signer for the machine with this RSA key and certificate (PEM). */
export function createAssertionSigner(machine: {
  clientId: string
  privateKey: string
  certificate: string
}): SignAssertion {
  const key = createPrivateKey(machine.privateKey)
  const thumbprint = new X509Certificate(machine.certificate).fingerprint256.replaceAll(':', '')
  const header = encode({
    alg: 'PS256',
    typ: 'JWT',
    'x5t#S256': Buffer.from(thumbprint, 'hex').toString('base64url'),
  })
  return ({ tokenEndpoint, nowSeconds }) => {
    const claims = assertionClaims({
      tokenEndpoint,
      clientId: machine.clientId,
      jti: randomUUID(),
      nowSeconds,
    })
    const input = `${header}.${encode(claims)}`
    const signature = sign('sha256', Buffer.from(input), {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    })
    return `${input}.${signature.toString('base64url')}`
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
