/**
 * What goes back to the caller.
 *
 * @module
 */

import type { ServerResponse } from 'node:http'
import {
  type ErrorAnswer,
  formatErrorAnswer,
  HEADER,
  type Style,
  type TokenAnswer,
  type WireError,
} from '@landfast/protocol'

/** The headers of every answer. */
export const ANSWER_HEADERS = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' } as const

/** Goes with `method_not_allowed`. */
export function allowHeader(method: Style['method']): { Allow: string } {
  return { Allow: method }
}

/** Sends a token. */
export function answerToken(response: ServerResponse, token: TokenAnswer): void {
  send(response, 200, token, {})
}

/** Sends an error; `challenge` is the value that goes with a 401 of a style with key files. */
export function answerError(
  response: ServerResponse,
  error: WireError,
  options: {
    correlationId: string
    challenge?: string | undefined
    method?: Style['method']
    style?: Style
  },
): void {
  send(response, error.status, formatErrorAnswer(error, options.correlationId, options.style), {
    ...(options.challenge && { [HEADER.challenge]: options.challenge }),
    ...(error.code === 'method_not_allowed' && allowHeader(options.method ?? 'GET')),
    ...(error.retryAfterSeconds && { [HEADER.retryAfter]: String(error.retryAfterSeconds) }),
  })
}

function send(
  response: ServerResponse,
  status: number,
  body: TokenAnswer | ErrorAnswer,
  headers: Record<string, string>,
): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { ...ANSWER_HEADERS, ...headers, 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
}
