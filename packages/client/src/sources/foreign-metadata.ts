/**
 * Tells Azure's metadata service from those of other clouds, which answer at the same address.
 *
 * @module
 */

import { ClientError } from '../errors.ts'
import type { Answer } from '../http/http.ts'
import { readFields } from '../tokens/token-answer.ts'

/** Amazon's and Google's name themselves. */
const FOREIGN_SERVER = /EC2|Google|Metadata Server for VM/i
/** Azure's does as well. */
const OWN_SERVER = /\bIMDS\b/i

/** @throws {ClientError} `endpoint_foreign` if another cloud's service, or none that we know, has answered. */
export function refuseForeign(url: URL, answer: Answer): void {
  const sign = signOfForeign(answer)
  if (sign === undefined) return
  throw new ClientError('endpoint_foreign', `${url.origin} (${sign})`, { statusCode: answer.status })
}

/** By what an answer shows that it is not of Azure, nor of ours; undefined if it does not. */
export function signOfForeign({ status, headers, body }: Answer): string | undefined {
  const server = String(headers.server ?? '')
  if (headers['metadata-flavor'] !== undefined)
    return 'it has the header "Metadata-Flavor", as Google\u2019s has'
  if (FOREIGN_SERVER.test(server)) return 'its header "Server" names another cloud'
  if (OWN_SERVER.test(server) || readFields(body) || status >= 500) return undefined
  return `status ${status} without JSON, as Amazon\u2019s answers`
}
