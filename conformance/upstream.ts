/**
 * A token source whose faults are switched: it asks the real one, unless it is told to fail.
 *
 * @module
 */

import { SourceError, type SourceFailure, type SourceToken, type TokenSource } from '@landfast/agent'
import type { Identity } from '@landfast/protocol'

/** What is wrong upstream. */
export interface UpstreamFault {
  failure?: SourceFailure
  /** Goes with `failure`. */
  retryAfterSeconds?: number
  /** After so many failures all is well; default: never. */
  times?: number
  /** Tokens live no longer than this. */
  lifetimeSeconds?: number
}

/** Stands before the real source. */
export class SwitchedSource implements TokenSource {
  readonly #real: TokenSource
  #fault: UpstreamFault = {}
  #failures = 0

  constructor(real: TokenSource) {
    this.#real = real
  }

  /** From now on `fault` is what is wrong. */
  switch(fault: UpstreamFault): void {
    this.#fault = fault
    this.#failures = 0
  }

  async getToken(identity: Identity, audience: string, signal: AbortSignal): Promise<SourceToken> {
    const { failure, retryAfterSeconds, times = Number.POSITIVE_INFINITY, lifetimeSeconds } = this.#fault
    if (failure && this.#failures < times) {
      this.#failures += 1
      const options = retryAfterSeconds === undefined ? {} : { retryAfterSeconds }
      throw new SourceError(failure, `the case says ${failure}`, options)
    }
    const token = await this.#real.getToken(identity, audience, signal)
    const expiresInSeconds = Math.min(token.expiresInSeconds, lifetimeSeconds ?? Number.POSITIVE_INFINITY)
    return { ...token, expiresInSeconds }
  }

  /** The real one lives on: another agent is started with it. */
  close(): void {}
}
