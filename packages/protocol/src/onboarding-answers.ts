/**
 * Reads the control plane's answers for a machine. An answer that lacks a field is no answer.
 *
 * @see docs/onboarding.md
 * @module
 */

import type { AssignedIdentity, Enrolment, HeartbeatAnswer, Renewal } from './onboarding.ts'
import { isOnboardingErrorCode, type OnboardingErrorCode } from './onboarding-errors.ts'
import type { Identity } from './selector.ts'
import { visibleSaying } from './visible-text.ts'

/** The longest time that an answer may put off the next heartbeat. */
const NEXT_HEARTBEAT_MAX_SECONDS = 86_400

/** The answer to an enrolment or a request for the certificate, or undefined if it is none. */
export function readEnrolment(body: unknown): Enrolment | undefined {
  const answer = objectOf(body)
  const { authority, certificate, nonce, location } = answer
  const identity = readIdentity(answer.identity)
  if (!identity || !isText(authority) || !isText(certificate) || !isText(nonce) || !isText(location)) {
    return undefined
  }
  return { authority, identity, certificate, nonce, location }
}

/** The answer to a renewal, or undefined if it is none. */
export function readRenewal(body: unknown): Renewal | undefined {
  const { certificate } = objectOf(body)
  return isText(certificate) ? { certificate } : undefined
}

/** The answer to a heartbeat, or undefined if it is none. */
export function readHeartbeatAnswer(body: unknown): HeartbeatAnswer | undefined {
  const { nonce, nextHeartbeatSeconds, identities, tags, caCertificates, healthTaken } = objectOf(body)
  if (!isText(nonce) || !isInterval(nextHeartbeatSeconds) || !Array.isArray(identities)) return undefined
  const assigned = identities.map(readAssignedIdentity)
  if (!assigned.every((identity) => identity !== undefined)) return undefined
  if (tags !== undefined && !isTags(tags)) return undefined
  if (caCertificates !== undefined && !isCertificates(caCertificates)) return undefined
  return {
    nonce,
    nextHeartbeatSeconds,
    identities: assigned,
    ...(tags && { tags }),
    ...(caCertificates && { caCertificates }),
    ...(healthTaken === true && { healthTaken }),
  }
}

/** More than one change of the CA makes at once. */
const CA_CERTIFICATES_MAX = 10

function isCertificates(value: unknown): value is string[] {
  return (
    Array.isArray(value) && value.length > 0 && value.length <= CA_CERTIFICATES_MAX && value.every(isText)
  )
}

/** What the control plane says when it refuses. */
export interface OnboardingRefusal {
  /** Undefined if it is a code that this page does not know, such as that of a newer control plane. */
  code: OnboardingErrorCode | undefined
  message: string
}

/** The refusal in Resource Manager's form, or undefined if `body` is none. */
export function readOnboardingRefusal(body: unknown): OnboardingRefusal | undefined {
  const { code, message } = objectOf(objectOf(body).error)
  if (!isText(code) || !isText(message)) return undefined
  return { code: isOnboardingErrorCode(code) ? code : undefined, message: visibleSaying(message) }
}

function readIdentity(value: unknown): Identity | undefined {
  const { tenantId } = objectOf(value)
  const assigned = readAssignedIdentity(value)
  return assigned && isText(tenantId) ? { tenantId, ...assigned } : undefined
}

function readAssignedIdentity(value: unknown): AssignedIdentity | undefined {
  const { clientId, principalId, resourceId } = objectOf(value)
  if (!isText(clientId) || !isText(principalId) || !isText(resourceId)) return undefined
  return { clientId, principalId, resourceId }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function isTags(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((text) => typeof text === 'string')
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isInterval(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= NEXT_HEARTBEAT_MAX_SECONDS
}
