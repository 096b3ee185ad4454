/**
 * The id by which somebody finds all requests of one command again, in the log and the audit trail of the control plane.
 *
 * @see https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
 * @module
 */

import type { HttpsClient } from '@landfast/agent/upstream'
import { CliError } from '../cli-error.ts'

const GUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** Whether `text` is of the form that ids of requests have. */
export function isRequestId(text: string): boolean {
  return GUID.test(text)
}

/** How Resource Manager and the authority are told. */
const HEADERS = ['x-ms-correlation-request-id', 'client-request-id'] as const

/** `client`, whose requests bring the correlation id `id`, if there is one. */
export function correlated(client: HttpsClient, id: string | undefined): HttpsClient {
  if (id === undefined) return client
  const names = Object.fromEntries(HEADERS.map((header) => [header, id]))
  return {
    send: (url, request) => client.send(url, { ...request, headers: { ...names, ...request.headers } }),
    close: () => client.close(),
  }
}

/** The id that `text` is. @throws {CliError} `argument_invalid`. */
export function readCorrelationId(text: string | undefined): string | undefined {
  if (text === undefined || isRequestId(text)) return text?.toLowerCase()
  const detail = `"--correlation-id" must be a GUID, not "${text}"`
  throw new CliError('argument_invalid', { detail, hints: ['make one: cat /proc/sys/kernel/random/uuid'] })
}
