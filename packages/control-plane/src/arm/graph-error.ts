/**
 * Refusals below the paths of Microsoft Graph, in its codes and words, and every other refusal as Graph would say it.
 *
 * @see https://learn.microsoft.com/graph/errors
 * @module
 */

import type { FastifyRequest } from 'fastify'
import { type ArmErrorCode, type ArmRefusal, wordedRefusal } from './arm-error.ts'
import { armTrace } from './arm-trace.ts'

const ERRORS = {
  Request_ResourceNotFound: [
    404,
    "Resource '{id}' does not exist or one of its queried reference-property objects are not present.",
  ],
  Request_BadRequest: [400, '{detail}'],
  Request_UnsupportedQuery: [400, "Unsupported or invalid query '{query}'. Supported are {supported}."],
  BadRequest: [400, '{detail}'],
} as const satisfies Record<string, readonly [status: number, wording: string]>

/** A look-up that is refused in Graph's form. */
export class GraphError extends wordedRefusal('GraphError', ERRORS) {}

/** What Graph calls the refusals that every route can meet. */
const GRAPH_CODES: Readonly<Partial<Record<ArmErrorCode, string>>> = {
  AuthenticationFailed: 'InvalidAuthenticationToken',
  ExpiredAuthenticationToken: 'InvalidAuthenticationToken',
  InvalidAuthenticationTokenAudience: 'InvalidAuthenticationToken',
  AuthorizationFailed: 'Authorization_RequestDenied',
  InvalidRequestContent: 'Request_BadRequest',
  InvalidQueryParameter: 'Request_BadRequest',
  RequestTooLarge: 'Request_BadRequest',
  UnsupportedMediaType: 'Request_BadRequest',
  ServiceUnavailable: 'ServiceUnavailable',
  InternalServerError: 'InternalServerError',
}

/** The first segments of the paths of Graph. */
const VERSIONS: ReadonlySet<string> = new Set(['v1.0', 'beta'])

/** Whether what is at `url` is answered as Graph answers. */
export function isGraphPath(url: string): boolean {
  const [, first = ''] = /^\/*([^/?#]*)/.exec(url) ?? []
  return VERSIONS.has(first.toLowerCase())
}

/** The refusal of a path of Graph at which there is nothing. */
export function unknownSegment(url: string): GraphError {
  const [, segment = ''] = /^\/*[^/?#]*\/*([^/?#]*)/.exec(url) ?? []
  return new GraphError('BadRequest', { detail: `Resource not found for the segment '${segment}'.` })
}

/** The body for `refusal` of `request`. */
export function formatGraphRefusal({ code, message }: ArmRefusal, request: FastifyRequest): object {
  const { requestId, correlationId } = armTrace(request)
  return {
    error: {
      code: GRAPH_CODES[code as ArmErrorCode] ?? code,
      message,
      innerError: { 'request-id': requestId, 'client-request-id': correlationId },
    },
  }
}
