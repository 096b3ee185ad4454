/**
 * The proof that the sender of a public key holds its private half.
 *
 * @see docs/onboarding.md#proofs
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { CLOCK_SKEW_SECONDS, PROOF_LIFETIME_MAX_SECONDS, PROOF_TYPE } from '@landfast/protocol'
import { isSignedBy, type ParsedJwt, parseJwt } from '@landfast/server'
import { type MachineKey, readMachineKey } from '../registry/machine-public-key.ts'
import { OnboardingError } from './onboarding-error.ts'

/** What a proof must be about. */
export interface ExpectedProof extends MachineKey {
  /** The route that it was sent to, by the control plane's own name. */
  url: string
  now: Date
}

/**
 * The key that a request sends, whose private half its sender holds.
 *
 * @throws {OnboardingError | RegistryError} if it is no key for machines, or its proof is not one.
 */
export function proveSentKey(
  { publicKey, proof }: { publicKey: string; proof: string },
  { url, now }: Pick<ExpectedProof, 'url' | 'now'>,
): MachineKey {
  const sent = readMachineKey(publicKey)
  checkProof(proof, { ...sent, url, now })
  return sent
}

/**
 * Checks `proof`. It may come more than once: a caller that repeats it gets the same answer.
 *
 * @throws {OnboardingError} `InvalidProof` or `ProofOutOfTime`.
 */
export function checkProof(proof: string, expected: ExpectedProof): void {
  const jwt = parseJwt(proof)
  if (!jwt || !isProofBy(jwt, expected.key)) throw new OnboardingError('InvalidProof')
  const { aud, jkt, jti } = jwt.claims
  if (aud !== expected.url || jkt !== expected.thumbprint) throw new OnboardingError('InvalidProof')
  if (typeof jti !== 'string' || jti === '') throw new OnboardingError('InvalidProof')
  checkTimes(jwt.claims, expected.now.getTime() / 1000)
}

/** Whether `jwt` is a proof at all, signed by `key`. */
export function isProofBy(jwt: ParsedJwt, key: KeyObject): boolean {
  return jwt.header.typ === PROOF_TYPE && isSignedBy(jwt, key)
}

function checkTimes({ iat, exp }: ParsedJwt['claims'], nowSeconds: number): void {
  if (!isTime(iat) || !isTime(exp)) throw new OnboardingError('InvalidProof')
  if (exp - iat > PROOF_LIFETIME_MAX_SECONDS) throw new OnboardingError('InvalidProof')
  if (exp + CLOCK_SKEW_SECONDS <= nowSeconds || iat > nowSeconds + CLOCK_SKEW_SECONDS) {
    throw new OnboardingError('ProofOutOfTime')
  }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
