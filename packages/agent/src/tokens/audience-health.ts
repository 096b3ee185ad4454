/**
 * Which audiences were refused or unavailable the last time that the agent asked for them, and why.
 *
 * @module
 */

import type { Identity } from '@landfast/protocol'
import type { SourceError, SourceFailure } from './source.ts'

/** A caller that invents audiences pushes out the oldest ones. */
const KEPT_MAX = 100

/** What is told of one audience of one identity. */
export interface AudienceHealth {
  audience: string
  /** Whose token it is: an ARM id, or the client id of an application. */
  identity: string
  /** Whether a token for it can be served now. */
  ok: boolean
  failure?: SourceFailure
  reason?: string
  /** When it was, ISO 8601. */
  at?: string
}

interface Failed {
  readonly identity: Identity
  readonly audience: string
  readonly error: SourceError
  readonly at: number
}

/** The failures since the last success of each. */
export class AudienceFailures {
  readonly #failed = new Map<string, Failed>()

  note(key: string, failed: Failed): void {
    this.#failed.delete(key)
    this.#failed.set(key, failed)
    const [oldest = key] = this.#failed.keys()
    if (this.#failed.size > KEPT_MAX) this.#failed.delete(oldest)
  }

  clear(key: string): void {
    this.#failed.delete(key)
  }

  /** Those that failed, and those of `held` that did not; of these too no more than are kept here. */
  health(held: ReadonlyMap<string, { identity: Identity; audience: string }>): AudienceHealth[] {
    const failed = [...this.#failed].map(([key, { identity, audience, error, at }]) => ({
      audience,
      identity: identity.resourceId || identity.clientId,
      ok: held.has(key),
      failure: error.failure,
      reason: error.message,
      at: new Date(at).toISOString(),
    }))
    const good = [...held]
      .filter(([key]) => !this.#failed.has(key))
      .slice(-KEPT_MAX)
      .map(([, { identity, audience }]) => ({
        audience,
        identity: identity.resourceId || identity.clientId,
        ok: true,
      }))
    return [...failed, ...good]
  }
}
