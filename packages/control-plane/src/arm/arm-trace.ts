/**
 * The ids that name one request to the Resource Manager in ARM's headers, in the audit trail and in the log.
 *
 * @see https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
 * @module
 */

import type { FastifyRequest } from 'fastify'
import { readGuid, traceOfCaller } from '../guid.ts'

/** The names of the headers. */
const HEADER = {
  correlation: 'x-ms-correlation-request-id',
  request: 'x-ms-request-id',
  client: 'x-ms-client-request-id',
  returnClient: 'x-ms-return-client-request-id',
} as const

/** A client's own name for its request comes back only if it is short enough to be one. */
const CLIENT_ID = /^[\w.:-]{1,128}$/

/** The names of one request. */
export interface ArmTrace {
  /** Ours. */
  requestId: string
  /** The caller's, where it sent a GUID or names a trace; else the same as ours. */
  correlationId: string
}

/** What names `request`. */
export function armTrace({ id, headers }: FastifyRequest): ArmTrace {
  const theirs =
    readGuid(headers[HEADER.correlation]) ?? readGuid(headers[HEADER.client]) ?? traceOfCaller(headers)
  return { requestId: id, correlationId: theirs ?? id }
}

/** The headers of the answer that name `request`. */
export function traceHeaders(request: FastifyRequest): Record<string, string> {
  const trace = armTrace(request)
  const { [HEADER.client]: client, [HEADER.returnClient]: wanted } = request.headers
  const isEchoed = wanted === 'true' && typeof client === 'string' && CLIENT_ID.test(client)
  return {
    [HEADER.request]: trace.requestId,
    [HEADER.correlation]: trace.correlationId,
    ...(isEchoed ? { [HEADER.client]: client } : {}),
  }
}
