/**
 * The algorithms by which a JWT may be signed, each with what it is to Node and the only kind of key that it is good for.
 *
 * The agent signs its proofs and assertions by some of them. The control plane verifies those, the assertions of other
 * clients, and the tokens of foreign issuers, which sign by any.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-3.1
 * @module
 */

import { constants, type KeyObject, sign, verify } from 'node:crypto'

const PKCS1 = { padding: constants.RSA_PKCS1_PADDING }
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }

/** Section 3.4: both numbers as they are, not in DER. */
const ECDSA = { dsaEncoding: 'ieee-p1363' } as const

const ALGORITHMS = {
  PS256: { key: 'rsa', hash: 'sha256', way: PSS },
  PS384: { key: 'rsa', hash: 'sha384', way: PSS },
  PS512: { key: 'rsa', hash: 'sha512', way: PSS },
  RS256: { key: 'rsa', hash: 'sha256', way: PKCS1 },
  RS384: { key: 'rsa', hash: 'sha384', way: PKCS1 },
  RS512: { key: 'rsa', hash: 'sha512', way: PKCS1 },
  ES256: { key: 'P-256', hash: 'sha256', way: ECDSA },
  ES384: { key: 'P-384', hash: 'sha384', way: ECDSA },
} as const

const CURVES: Readonly<Record<string, KeyKind>> = { prime256v1: 'P-256', secp384r1: 'P-384' }

/** The name of an algorithm. None of them works with a secret. */
export type JwtAlgorithm = keyof typeof ALGORITHMS

/** What a key must be for an algorithm: RSA, or on one curve. */
export type KeyKind = (typeof ALGORITHMS)[JwtAlgorithm]['key']

/** What machines and other clients of this authority sign by. */
export const JWT_ALGORITHMS: readonly JwtAlgorithm[] = ['PS256', 'RS256', 'ES256']

/** What foreign issuers may sign by: all. */
export const FOREIGN_ALGORITHMS = Object.keys(ALGORITHMS) as JwtAlgorithm[]

/** The algorithm that `alg` of a header names, if it is one of `among`. */
export function readAlgorithm(
  alg: unknown,
  among: readonly JwtAlgorithm[] = JWT_ALGORITHMS,
): JwtAlgorithm | undefined {
  return among.find((name) => name === alg)
}

/** The kind of key that `algorithm` is good for. */
export function keyKindOf(algorithm: JwtAlgorithm): KeyKind {
  return ALGORITHMS[algorithm].key
}

/** Whether `key` is one for `algorithm`, by its type and its curve. */
export function isKeyFor(algorithm: JwtAlgorithm, key: KeyObject): boolean {
  const { asymmetricKeyType: type } = key
  // Of an RSA key the details are not asked for: they cost what its numbers cost.
  const kind = type === 'ec' ? CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''] : type
  return kind === keyKindOf(algorithm)
}

/** The signature of `input`, header and claims as they are sent, by `key`. */
export function signInput(algorithm: JwtAlgorithm, input: string, key: KeyObject): Buffer {
  const { hash, way } = ALGORITHMS[algorithm]
  return sign(hash, Buffer.from(input), { key, ...way })
}

/** Whether `signature` is that of `input` by `key`, which is known to be one for `algorithm`. */
export function verifyInput(
  algorithm: JwtAlgorithm,
  { input, signature }: { input: string; signature: Buffer },
  key: KeyObject,
): boolean {
  const { hash, way } = ALGORITHMS[algorithm]
  return withoutTraces(() => verify(hash, Buffer.from(input), { key, ...way }, signature))
}

/**
 * Does `work`, in which errors get no stack trace. To find out what `verify` was given, Node throws and catches several errors
 * within: their traces are a third of the whole verification of an RSA signature (32 µs with them, 22 without).
 */
function withoutTraces<T>(work: () => T): T {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return work()
  } finally {
    Error.stackTraceLimit = limit
  }
}
