/**
 * The realm of a challenge: which key file it names, and that it lies where it must. It is checked before anything is
 * read.
 *
 * @see docs/protocol.md#the-challenge
 * @module
 */

import { parseChallenge } from '@landfast/protocol'
import { ClientError } from '../errors.ts'
import { quoteServer } from '../http/server-text.ts'
import { isDirectlyIn } from './key-folder.ts'

/**
 * The path in the challenge `value`.
 *
 * @throws {ClientError} `challenge_malformed`, or `key_file_foreign` if it is not directly in `folder`.
 */
export function readChallengeIn(folder: string, value: string | undefined): string {
  const path = value === undefined ? undefined : parseChallenge(value)
  if (path === undefined) {
    const said = value === undefined ? 'there is none in the 401' : `"${quoteServer(value, [])}"`
    throw new ClientError('challenge_malformed', said)
  }
  if (!isDirectlyIn(folder, path)) {
    throw new ClientError('key_file_foreign', `"${path}" is not a key file directly in "${folder}"`)
  }
  return path
}
