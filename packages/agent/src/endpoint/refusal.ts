/**
 * Refuses a request: with an error, and with a challenge where a key is asked for.
 *
 * @see docs/errors.md
 * @module
 */

import { type Style, WireError } from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import { issueChallenge } from '../challenge/challenge.ts'
import type { Keys } from '../challenge/key-ring.ts'

/** A refusal as it is sent. */
export interface Refusal {
  readonly error: WireError
  readonly correlationId: string
  /** The value that goes with a 401 of a style with key files. */
  readonly challenge: string | undefined
  readonly style: Style
}

/** What refusals are made with. */
export interface RefusalParts {
  readonly style: Style
  /** Undefined in styles without key files. */
  readonly keys: Keys | undefined
  readonly log: Logger
}

/** The refusal because of `cause`, or because of what came up while a challenge was made. Never throws. */
export function refusalOf(
  { style, keys, log }: RefusalParts,
  correlationId: string,
  cause: unknown,
): Refusal {
  const error = asWireError(log, correlationId, cause)
  if (!keys || error.status !== 401) return { error, correlationId, challenge: undefined, style }
  try {
    return { error, correlationId, challenge: issueChallenge(keys), style }
  } catch (failure) {
    return { error: asWireError(log, correlationId, failure), correlationId, challenge: undefined, style }
  }
}

/** An error that is ours goes to the log; the caller gets its correlation id. */
function asWireError(log: Logger, correlationId: string, cause: unknown): WireError {
  const error = cause instanceof WireError ? cause : new WireError('internal', { cause })
  if (error.code === 'internal' || error.code === 'key_file_failed') {
    log.error({ correlationId, code: error.code, err: error.cause }, error.message)
  }
  return error
}
