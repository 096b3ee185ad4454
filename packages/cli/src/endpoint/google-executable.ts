/**
 * The executable source of Google's libraries: what a program writes to standard output for `external_account` files
 * with `credential_source.executable`.
 *
 * @see https://google.aip.dev/auth/4117#determining-the-subject-token-in-executable-sourced-credentials
 * @module
 */

import type { TokenAnswer } from '@landfast/protocol'
import type { CliError } from '../cli-error.ts'

/** The version of the form. */
const VERSION = 1

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:jwt'

/** The line for the token of an endpoint's answer; without an end it is one that Google's libraries use at once. */
export function formatGoogleToken({ access_token, expires_on }: TokenAnswer): string {
  const answer = { version: VERSION, success: true, token_type: TOKEN_TYPE, id_token: access_token }
  const end = Number(expires_on)
  return JSON.stringify(Number.isSafeInteger(end) ? { ...answer, expiration_time: end } : answer)
}

/** The line for a failure. Google's libraries show `code` and `message` to their user. */
export function formatGoogleFailure({
  code,
  message,
  hints,
}: Pick<CliError, 'code' | 'message' | 'hints'>): string {
  return JSON.stringify({ version: VERSION, success: false, code, message: [message, ...hints].join('; ') })
}
