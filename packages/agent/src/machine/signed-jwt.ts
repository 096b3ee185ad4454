/**
 * A compact JWT, signed with an RSA key by PS256 or with one on P-256 by ES256.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-7.1
 * @module
 */

import { constants, type KeyObject, sign } from 'node:crypto'

/** The JWT of `header` and `claims`; `alg` is added. */
export function signJwt(header: object, claims: object, key: KeyObject): string {
  const alg = key.asymmetricKeyType === 'ec' ? 'ES256' : 'PS256'
  const input = `${encode({ alg, ...header })}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(input), {
    key,
    // RFC 7518, section 3.4: both numbers as they are, not in DER.
    dsaEncoding: 'ieee-p1363',
    ...(alg === 'PS256' && {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }),
  })
  return `${input}.${signature.toString('base64url')}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
