/**
 * Answers errors below the paths of the Resource Manager in ARM's form and below those of Graph in Graph's; elsewhere the
 * authority's form is right.
 *
 * @module
 */

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { TooManyRequests } from '../limits/too-many-requests.ts'
import { STORAGE_RETRY_SECONDS, StorageError } from '../storage/storage-error.ts'
import { ArmError, ArmRefusal, formatArmRefusal } from './arm-error.ts'
import { formatGraphRefusal, isGraphPath, unknownSegment } from './graph-error.ts'

/** The first segments of all paths of the Resource Manager and of ours. A tenant's is a GUID. */
const FIRST_SEGMENTS: ReadonlySet<string> = new Set([
  'subscriptions',
  'providers',
  'tenants',
  'metadata',
  'landfast',
])

/** Whether what is at `url` belongs to the Resource Manager or to Graph, or is a route of our own. */
export function isArmPath(url: string): boolean {
  const [, first = ''] = /^\/*([^/?#]*)/.exec(url) ?? []
  return FIRST_SEGMENTS.has(first.toLowerCase()) || isGraphPath(url)
}

/** The refusal of a path at which there is nothing. */
export function unknownPath(url: string): ArmRefusal {
  if (isGraphPath(url)) return unknownSegment(url)
  return new ArmError('HttpResourceNotFound', { url: url.split('?', 1)[0] ?? '' })
}

/** `error` as one of ours: those of Fastify say by code and status what was wrong. */
export function armRefusalOf(error: Error & Partial<FastifyError>): ArmRefusal {
  if (error instanceof ArmRefusal) return error
  if (error instanceof StorageError && error.isTemporary) {
    return new ArmError('ServiceUnavailable', { cause: error })
  }
  const { statusCode = 500, validation } = error
  if (validation)
    return new ArmError('InvalidRequestContent', { detail: validationDetail(error), cause: error })
  if (statusCode === 429) return new ArmError('TooManyRequests', { cause: error })
  if (statusCode === 413) return new ArmError('RequestTooLarge', { cause: error })
  if (statusCode === 415) return new ArmError('UnsupportedMediaType', { cause: error })
  if (statusCode >= 400 && statusCode < 500) {
    // Fastify's own sentence may hold some of the body.
    return new ArmError('InvalidRequestContent', { detail: 'it is not a JSON document', cause: error })
  }
  return new ArmError('InternalServerError', { cause: error })
}

/** The validator names every field but the one that must not be there. */
function validationDetail({ message, validation }: Error & Partial<FastifyError>): string {
  const { additionalProperty } = validation?.[0]?.params ?? {}
  return additionalProperty === undefined ? message : `${message}: "${additionalProperty}"`
}

/** Answers `refusal`. */
export function sendArmRefusal(refusal: ArmRefusal, request: FastifyRequest, reply: FastifyReply): void {
  const { cause } = refusal
  if (cause instanceof TooManyRequests) reply.header('Retry-After', String(cause.retryAfterSeconds))
  reply.code(refusal.status).header('Cache-Control', 'no-cache')
  if (refusal.code === 'ServiceUnavailable') reply.header('Retry-After', STORAGE_RETRY_SECONDS)
  // A HEAD has no body, so the code is also said where it can be seen.
  reply.header('x-ms-error-code', refusal.code)
  if (request.method === 'HEAD') reply.send()
  else if (isGraphPath(request.url)) reply.send(formatGraphRefusal(refusal, request))
  else reply.send(formatArmRefusal(refusal))
}
