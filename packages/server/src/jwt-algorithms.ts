/**
 * The algorithms by which a JWT may be signed, each with what it is to Node and the only type of key that it is good for.
 *
 * The agent signs its proofs and assertions by them. The control plane verifies those, and the assertions of other
 * clients.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-3.1
 * @module
 */

import { constants, type KeyObject, sign, verify } from 'node:crypto'

const HASH = 'sha256'

const ALGORITHMS = {
  PS256: {
    keyType: 'rsa',
    way: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  },
  RS256: { keyType: 'rsa', way: { padding: constants.RSA_PKCS1_PADDING } },
  // Section 3.4: both numbers as they are, not in DER.
  ES256: { keyType: 'ec', way: { dsaEncoding: 'ieee-p1363' } },
} as const

/** The name of an algorithm. */
export type JwtAlgorithm = keyof typeof ALGORITHMS

/** Every name. */
export const JWT_ALGORITHMS = Object.keys(ALGORITHMS) as JwtAlgorithm[]

/** The algorithm that `alg` of a header names, if it is one of these. */
export function readAlgorithm(alg: unknown): JwtAlgorithm | undefined {
  return JWT_ALGORITHMS.find((name) => name === alg)
}

/** The type of key that `algorithm` is good for. */
export function keyTypeOf(algorithm: JwtAlgorithm): 'rsa' | 'ec' {
  return ALGORITHMS[algorithm].keyType
}

/** The signature of `input`, header and claims as they are sent, by `key`. */
export function signInput(algorithm: JwtAlgorithm, input: string, key: KeyObject): Buffer {
  return sign(HASH, Buffer.from(input), { key, ...ALGORITHMS[algorithm].way })
}

/** Whether `signature` is that of `input` by `key`, whose type is known to fit. */
export function verifyInput(
  algorithm: JwtAlgorithm,
  { input, signature }: { input: string; signature: Buffer },
  key: KeyObject,
): boolean {
  return verify(HASH, Buffer.from(input), { key, ...ALGORITHMS[algorithm].way }, signature)
}
