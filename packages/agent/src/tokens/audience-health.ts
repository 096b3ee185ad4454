/**
 * Which audiences were refused or unavailable the last time that the agent asked for them, and why.
 *
 * @module
 */

import type { Identity, WireErrorCode } from '@landfast/protocol'
import { isPassing, type SourceError, type SourceFailure, wireCodeOf } from './source.ts'

/** A caller that invents audiences pushes out the oldest ones. */
const KEPT_MAX = 100

/** What nobody has asked for again for this long is no fault of the agent that the control plane need know of. */
const RECENT_MS = 3_600_000

/** So many are told, those that fail for longest: a caller that invents audiences hides no other fault with them. */
const TOLD_MAX = 8

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

/** A token that an identity does not get. */
export interface TokenFault {
  audience: string
  /** The name of the identity's resource, or the client id of an application. */
  identity: string
  isOwn: boolean
  code: WireErrorCode
  /** For people on this host. */
  message: string
  /** Milliseconds since 1970. */
  since: number
}

interface Failed {
  readonly identity: Identity
  readonly audience: string
  readonly error: SourceError
  readonly at: number
}

/** The failures since the last success of each. */
export class AudienceFailures {
  readonly #failed = new Map<string, Failed & { since: number }>()

  note(key: string, failed: Failed): void {
    const former = this.#failed.get(key)
    const since = former?.error.failure === failed.error.failure ? former.since : failed.at
    this.#failed.delete(key)
    this.#failed.set(key, { ...failed, since })
    const [oldest = key] = this.#failed.keys()
    if (this.#failed.size > KEPT_MAX) this.#failed.delete(oldest)
  }

  clear(key: string): void {
    this.#failed.delete(key)
  }

  /**
   * The tokens that somebody has asked for lately in vain; `held` are the keys of those that can be served all the same.
   * What a heartbeat that is taken refutes is left out: that the control plane refuses this machine, or does not answer.
   */
  faults(held: ReadonlySet<string>, { own, now }: { own: Identity; now: number }): TokenFault[] {
    const lasting = [...this.#failed].filter(
      ([key, { at, identity, error }]) =>
        !held.has(key) && now - at < RECENT_MS && (identity.authority === 'entra' || isOfOne(error)),
    )
    const longest = lasting.toSorted(([, one], [, other]) => one.since - other.since).slice(0, TOLD_MAX)
    return longest.map(([, { audience, identity, error, since }]) => ({
      audience,
      identity: identity.resourceId.split('/').at(-1) || identity.clientId,
      isOwn: identity.clientId === own.clientId,
      code: wireCodeOf(error.failure),
      message: error.message,
      since,
    }))
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

/** Whether it is about one identity or audience, and no passing matter. */
function isOfOne({ failure }: SourceError): boolean {
  return failure !== 'refused' && !isPassing(failure)
}
