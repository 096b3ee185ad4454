/**
 * Why an authority gave no token, by OAuth's own words for it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 * @module
 */

import { visibleSaying } from '@landfast/protocol'
import type { SourceFailure } from '../tokens/source.ts'
import type { HttpsAnswer } from './https-client.ts'

/**
 * OAuth errors that are definite, and for what. Everything else may pass: it clears nothing, so that a broken
 * proxy or a mistaken answer takes no good token away.
 */
const DEFINITE: ReadonlyMap<unknown, SourceFailure> = new Map([
  ['invalid_client', 'refused'],
  ['unauthorized_client', 'refused'],
  ['invalid_tenant', 'refused'],
  ['invalid_resource', 'resource_refused'],
  ['invalid_scope', 'resource_refused'],
  ['invalid_target', 'resource_refused'],
  ['access_denied', 'resource_refused'],
])

const GUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** What an answer without a token means. */
export function failureOf({ status, body }: HttpsAnswer): SourceFailure {
  if (status === 429) return 'throttled'
  if (status < 400 || status >= 500) return 'unavailable'
  return DEFINITE.get(body?.error) ?? 'unavailable'
}

/** By which the authority finds its refusal again. What is no GUID is none: it goes into the log. */
export function traceIdOf({ body }: Pick<HttpsAnswer, 'body'>): string | undefined {
  const id = body?.trace_id
  return typeof id === 'string' && GUID.test(id) ? id : undefined
}

/** The answer in one clause, for the log. */
export function describeAnswer({ status, body }: HttpsAnswer): string {
  const said = String(body?.error_description ?? body?.error ?? 'nothing that makes sense')
  return `the authority answered ${status}: ${visibleSaying(said)}`
}
