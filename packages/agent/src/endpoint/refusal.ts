/**
 * Refuses a request: with an error, and with a challenge where a key is asked for.
 *
 * @see docs/errors.md
 * @module
 */

import { type Style, WireError } from '@landfast/protocol'
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
}

/** The refusal because of `cause`, or because of what came up while a challenge was made. Never throws. */
export function refusalOf({ style, keys }: RefusalParts, correlationId: string, cause: unknown): Refusal {
  const error = asWireError(cause)
  if (!keys || error.status !== 401) return { error, correlationId, challenge: undefined, style }
  try {
    return { error, correlationId, challenge: issueChallenge(keys), style }
  } catch (failure) {
    return { error: asWireError(failure), correlationId, challenge: undefined, style }
  }
}

/** What is none of ours is a failure of the agent. */
export function asWireError(cause: unknown): WireError {
  return cause instanceof WireError ? cause : new WireError('internal', { cause })
}
