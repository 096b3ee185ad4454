/**
 * The challenge: the agent answers a caller that presents no good key with the path of a key file.
 *
 * It never waits for anything upstream, and does not look up the caller: some SDKs insist on the 401.
 *
 * @see docs/protocol.md#the-challenge
 * @module
 */

import { formatChallenge, parseKeyAuthorization, WireError } from '@landfast/protocol'
import type { Keys, PresentedKey } from './key-ring.ts'

/** Not a fault but the rule, so one error serves all: the trace of where it was made would cost more than the rest. */
const KEY_REQUIRED = new WireError('key_required')

/**
 * The key that an `Authorization` header presents.
 *
 * @throws {WireError} `key_required` if there is no such header, `key_rejected` if its key is not good.
 */
export function readKey(keys: Keys, authorization: string | undefined): PresentedKey {
  if (authorization === undefined) throw KEY_REQUIRED
  const key = parseKeyAuthorization(authorization)
  const presented = key === undefined ? undefined : keys.present(key)
  if (!presented) throw new WireError('key_rejected')
  return presented
}

/**
 * The `Www-Authenticate` value that names a new key.
 *
 * @throws {WireError} `key_file_failed` if none could be written.
 */
export function issueChallenge(keys: Keys): string {
  try {
    return formatChallenge(keys.issue())
  } catch (cause) {
    throw new WireError('key_file_failed', { cause })
  }
}
