/**
 * The key pair that a machine makes for itself. The private half never leaves it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7638
 * @module
 */

import { createHash, createPrivateKey, createPublicKey, generateKeyPair, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { PROOF_TYPE, proofClaims, thumbprintInput } from '@landfast/protocol'
import { signJwt } from '@landfast/server'

/** As for managed identities in Azure. */
const RSA_BITS = 2048

/** A new private key, PKCS #8 in PEM. */
export async function newMachineKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** The public half of `privateKey`, SPKI in PEM. */
export function publicKeyOf(privateKey: string): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString()
}

/** The proof, for one request to `url`, that its sender holds `privateKey`. */
export function signProof(
  privateKey: string,
  { url, nowSeconds }: { url: string; nowSeconds: number },
): string {
  const key = createPrivateKey(privateKey)
  const input = thumbprintInput(createPublicKey(key).export({ format: 'jwk' }))
  const thumbprint = createHash('sha256').update(input).digest('base64url')
  return signJwt({ typ: PROOF_TYPE }, proofClaims({ url, thumbprint, jti: randomUUID(), nowSeconds }), key)
}
