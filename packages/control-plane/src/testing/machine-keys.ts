/**
 * Key pairs, and the proofs that machines make with them. Not published.
 *
 * @module
 */

import { createPublicKey, generateKeyPair, type KeyObject, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { PROOF_TYPE, proofClaims } from '@landfast/protocol'
import { SignJWT } from 'jose'
import { keyThumbprint } from '../registry/machine-public-key.ts'

/** A key pair as Node has it. */
export interface KeyPair {
  privateKey: KeyObject
  publicKey: KeyObject
}

/** A new key pair. */
export function makeKeyPair(kind: 'rsa' | 'ec' = 'ec'): Promise<KeyPair> {
  return kind === 'rsa'
    ? promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    : promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
}

/** What of a proof a test wants to be different. */
export interface ProofChanges {
  claims?: Record<string, unknown>
  header?: Record<string, unknown>
  signedBy?: KeyObject
}

/** The proof for `url` that the holder of `privateKey` makes. */
export async function makeProof(
  { privateKey, url, now }: { privateKey: KeyObject; url: string; now: Date },
  changes: ProofChanges = {},
): Promise<string> {
  const claims = proofClaims({
    url,
    thumbprint: keyThumbprint(createPublicKey(privateKey)),
    jti: randomUUID(),
    nowSeconds: Math.floor(now.getTime() / 1000),
  })
  const signer = changes.signedBy ?? privateKey
  const alg = signer.asymmetricKeyType === 'rsa' ? 'PS256' : 'ES256'
  return new SignJWT({ ...claims, ...changes.claims })
    .setProtectedHeader({ alg, typ: PROOF_TYPE, ...changes.header })
    .sign(signer)
}
