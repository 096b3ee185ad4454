/**
 * How long a service that does not answer is waited for: it may be starting anew.
 *
 * @module
 */

import { ClientError } from '../errors.ts'

/** Official clients wait from 3.5 to 7 seconds. */
const PATIENCE_MS = 5000
const FIRST_PAUSE_MS = 200
const PAUSE_MAX_MS = 1000

/** Of the system and of its resolver, as Node and Bun name them. What TLS or HTTP fails with does not pass by itself. */
const PASSING_FAILURE = /^(?:E[A-Z]+|EAI_[A-Z]+|Connection(?:Refused|Closed|Reset)|FailedToOpenSocket)$/

/** Whether `error` may pass by itself: nothing has answered, or the answer was cut short. */
export function isSilence(error: unknown): boolean {
  if (!(error instanceof ClientError)) return false
  const { code, cause } = error
  if (code === 'answer_malformed') return cause !== undefined
  if (code !== 'endpoint_silent') return false
  // Without a cause the time was over.
  return cause === undefined || PASSING_FAILURE.test((cause as NodeJS.ErrnoException).code ?? '')
}

/** One service, from its first silence to its next answer. */
export class Silence {
  #since: number | undefined
  #tries = 0

  /**
   * Milliseconds after which to ask again; undefined once it has lasted too long. A request that was itself waited for so
   * long is not sent again.
   *
   * @param askedAt when the request was sent to which there is no answer `now`, by a clock that nobody sets.
   */
  pauseAfter(askedAt: number, now: number): number | undefined {
    this.#since ??= askedAt
    if (now - this.#since >= PATIENCE_MS) return undefined
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#tries, PAUSE_MAX_MS)
    this.#tries += 1
    return spread(pause)
  }

  /** It has answered. */
  end(): void {
    this.#since = undefined
    this.#tries = 0
  }
}

/** Many programs that found a service away together do not come back together. */
export function spread(pause: number): number {
  return pause * (0.8 + Math.random() * 0.4)
}
