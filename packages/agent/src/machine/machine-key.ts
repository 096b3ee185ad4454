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

/** Signs the proof, for one request to `url`, that its sender holds a key. */
export type SignProof = (request: { url: string; nowSeconds: number }) => string

/** A key for others to certify: its public half, and what signs with the private one. */
export interface ProvableKey {
  /** SPKI in PEM. */
  publicKey: string
  signProof: SignProof
}

/** What may be known of `privateKey` outside of this machine. */
export function provableKeyOf(privateKey: string): ProvableKey {
  const key = createPrivateKey(privateKey)
  const publicKey = createPublicKey(key)
  const input = thumbprintInput(publicKey.export({ format: 'jwk' }))
  const thumbprint = createHash('sha256').update(input).digest('base64url')
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    signProof: ({ url, nowSeconds }) =>
      signJwt({ typ: PROOF_TYPE }, proofClaims({ url, thumbprint, jti: randomUUID(), nowSeconds }), key),
  }
}
