/**
 * Errors that a fault answers, in the words that Azure's services use for them.
 *
 * @see https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#error-handling
 * @module
 */

import { randomUUID } from 'node:crypto'
import { type ErrorForm, formatErrorAnswer, HEADER } from '@landfast/protocol'
import type { Answer } from './captured-answer.ts'

/** What goes with each status that has words of its own. */
const WORDS: Readonly<Record<number, readonly [error: string, description: string]>> = {
  400: ['invalid_request', 'Identity not found'],
  403: ['access_denied', 'The caller may not have a token of this identity'],
  404: ['not_found', 'The identity service is being updated'],
  410: ['gone', 'The identity service is being updated'],
  429: ['too_many_requests', 'Too many requests'],
  500: ['unknown_error', 'Failed to retrieve a token from the directory'],
  503: ['service_unavailable', 'The service is not available now'],
}

/** An answer with `status` in the form of a style, and with `Retry-After` if the seconds are given. */
export function formatStatus(
  { status, retryAfterSeconds }: { status: number; retryAfterSeconds?: number | undefined },
  form: ErrorForm,
): Answer {
  const [error, message] = WORDS[status] ?? (status < 500 ? WORDS[400] : WORDS[500]) ?? ['', '']
  return {
    status,
    headers: {
      'Content-Type': 'application/json',
      ...(retryAfterSeconds !== undefined && { [HEADER.retryAfter]: retryAfterSeconds }),
      ...(status === 403 && { [HEADER.responseMessage]: error }),
    },
    text: JSON.stringify(formatErrorAnswer({ code: error, error, message, status }, randomUUID(), form)),
  }
}
