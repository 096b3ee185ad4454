/**
 * A source that is left alone for a while after a failure that may pass, and whose requests are given up in time. Each
 * authority has its own, so that one which asks to slow down stops no other.
 *
 * @see docs/protocol.md#what-the-agent-serves
 * @module
 */

import type { Identity } from '@landfast/protocol'
import { Pause, type PauseOptions } from './pause.ts'
import { asSourceError, isPassing, type SourceToken, type TokenSource } from './source.ts'

/** A request that takes longer is given up; SDKs wait for 30 seconds and more. */
const TIMEOUT_MS = 10_000

/** The longest pause taken from the word of Entra ID that it is asked too often: it goes on to count who asks meanwhile. */
export const ENTRA_PAUSE_MAX_SECONDS = { throttled: 3600 }

/** `source` with pauses. What it throws while it is left alone names the seconds that are left. */
export function createPausedSource(source: TokenSource, options: PauseOptions): TokenSource {
  return new PausedSource(source, options)
}

class PausedSource implements TokenSource {
  readonly #source: TokenSource
  readonly #pause: Pause

  constructor(source: TokenSource, options: PauseOptions) {
    this.#source = source
    this.#pause = new Pause(options)
  }

  async getToken(
    identity: Identity,
    audience: string,
    signal: AbortSignal,
    traceparent?: string,
  ): Promise<SourceToken> {
    this.#pause.check()
    try {
      const timed = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
      const asked = this.#source.getToken(identity, audience, timed, traceparent)
      const token = await Promise.race([asked, abortOf(timed)])
      this.#pause.end()
      return token
    } catch (cause) {
      const error = asSourceError(cause)
      throw isPassing(error.failure) ? this.#pause.begin(error) : error
    }
  }

  close(): void {
    this.#source.close()
  }
}

/** Rejects when `signal` says so, whether the source listens to it or not. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
