/**
 * Writes the answer to the caller.
 *
 * @module
 */

import type { ServerResponse } from 'node:http'
import { formatErrorAnswer, HEADER, type Style, type TokenAnswer, type WireError } from '@landfast/protocol'
import type { CredentialsAnswer } from './role-station.ts'

/** The headers of every answer. */
export const ANSWER_HEADERS = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' } as const

/** The methods of most styles. */
export const GET = ['GET'] as const

/** Goes with `method_not_allowed`. */
export function allowHeader(methods: Style['methods']): { Allow: string } {
  return { Allow: methods.join(', ') }
}

/** Sends a token, or that for which it was exchanged. */
export function answerToken(response: ServerResponse, token: TokenAnswer | CredentialsAnswer): void {
  send(response, 200, token, {})
}

/** Sends an error; `challenge` is the value that goes with a 401 of a style with key files. */
export function answerError(
  response: ServerResponse,
  error: WireError,
  options: {
    correlationId: string
    challenge?: string | undefined
    style?: Style
  },
): void {
  send(response, error.status, formatErrorAnswer(error, options.correlationId, options.style), {
    ...(options.challenge && { [HEADER.challenge]: options.challenge }),
    ...errorHeaders(error, options.style?.methods),
  })
}

/** The headers that go with an error, in every form of its body. */
export function errorHeaders(error: WireError, methods: Style['methods'] = GET): Record<string, string> {
  return {
    ...(error.status === 403 && { [HEADER.responseMessage]: error.error }),
    ...(error.code === 'method_not_allowed' && allowHeader(methods)),
    ...(error.retryAfterSeconds && { [HEADER.retryAfter]: String(error.retryAfterSeconds) }),
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: TokenAnswer | CredentialsAnswer | ReturnType<typeof formatErrorAnswer>,
  headers: Record<string, string>,
): void {
  sendText(response, status, JSON.stringify(body), headers)
}

/** Sends `text`, which is JSON unless `headers` say otherwise. */
export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string>,
): void {
  response.writeHead(status, { ...ANSWER_HEADERS, ...headers, 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
}
