/**
 * What requests change of federated credentials. They come at two places: below an application at a path of our own,
 * and below a user-assigned identity at Azure's.
 *
 * @see docs/federation.md
 * @module
 */

import { createHash } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { ArmAnswer } from '../arm/arm-route.ts'
import { etagOf } from '../arm/etag.ts'
import type { Change } from '../arm/recorded-change.ts'
import { NOTHING_ELSE } from '../arm/strict-body.ts'
import {
  deleteFederatedCredential,
  type FederatedCredential,
  type FederatedCredentialName,
  putFederatedCredential,
} from '../registry/federated-credentials.ts'
import type { Schema } from '../storage/schema.ts'
import { EXPRESSION_LANGUAGE_VERSION } from './claims-expression.ts'
import { checkClaimsExpression } from './claims-expression-reach.ts'

/** The properties of what a body says that a credential shall trust. */
export const TRUST_PROPERTIES = {
  issuer: { type: 'string' },
  subject: { type: ['string', 'null'] },
  claimsMatchingExpression: {
    type: ['object', 'null'],
    required: ['value', 'languageVersion'],
    properties: {
      value: { type: 'string' },
      languageVersion: { type: 'integer', enum: [EXPRESSION_LANGUAGE_VERSION] },
    },
    additionalProperties: NOTHING_ELSE,
  },
  audiences: { type: 'array', items: { type: 'string' } },
} as const

/** What a body with these properties says. */
export interface TrustBody {
  issuer: string
  /** Null says nothing, as at Azure: either this or an expression says whose tokens. */
  subject?: string | null
  claimsMatchingExpression?: { value: string; languageVersion: number } | null
  audiences?: readonly string[]
}

/** One credential of an application or an identity. */
export interface CredentialPlace extends FederatedCredentialName {
  /** What the audit trail calls it. */
  resourceId: string
  /** How many there may be. */
  most: number
}

/**
 * Writes the credential at `place`.
 *
 * @throws {RegistryError} as `putFederatedCredential` and `checkClaimsExpression` do.
 */
export async function putCredential(
  trx: Transaction<Schema>,
  { principalId, name, resourceId, most }: CredentialPlace,
  { trust, time, show }: { trust: TrustBody; time: Date; show: (written: FederatedCredential) => ArmAnswer },
): Promise<Change> {
  // Azure's schema lets other properties through: none of them may say whose credential it is.
  const { issuer, audiences, claimsMatchingExpression: written } = trust
  const subject = trust.subject ?? undefined
  const expression = written ? checkClaimsExpression(written.value) : undefined
  const writing = { principalId, name, issuer, subject, expression, audiences, most, time }
  const { credential, outcome } = await putFederatedCredential(trx, writing)
  const answer = { ...show(credential), status: outcome === 'created' ? 201 : 200 }
  if (outcome === 'unchanged') return { answer }
  return { answer, audit: ['write-federated-credential', { principalId, resourceId }] }
}

/** Deletes the credential at `place` and answers with `status`; undefined if there is none. */
export async function deleteCredential(
  trx: Transaction<Schema>,
  place: Omit<CredentialPlace, 'most'>,
  status: number,
): Promise<Change | undefined> {
  if (!(await deleteFederatedCredential(trx, place))) return undefined
  const { principalId, resourceId } = place
  return { answer: { status }, audit: ['delete-federated-credential', { principalId, resourceId }] }
}

/** What a credential trusts, with its audience in a list as Azure has it. */
export function trustBody({ issuer, audience, ...claims }: FederatedCredential): TrustBody {
  const { subject, expression } = claims
  const which =
    expression === undefined
      ? { subject }
      : { claimsMatchingExpression: { value: expression, languageVersion: EXPRESSION_LANGUAGE_VERSION } }
  return { issuer, ...which, audiences: [audience] }
}

/** The ETag of a credential. One that was deleted and made anew begins with version 1 again, so what it trusts is in it as well. */
export function credentialEtag({ version, ...credential }: FederatedCredential): string {
  const { issuer, subject, expression, audience } = credential
  const digest = createHash('sha256')
    .update(JSON.stringify([issuer, subject ?? { expression }, audience]))
    .digest('base64url')
  return etagOf(digest.slice(0, 8), version)
}
