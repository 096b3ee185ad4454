/**
 * The credentials of a role that the agent holds: one exchange for all that wait, renewed ahead, and served to their end
 * while AWS is away.
 *
 * @see docs/aws.md
 * @module
 */

import { type Identity, WireError } from '@landfast/protocol'
import type { Clock } from '../clock.ts'
import { Pause } from '../tokens/pause.ts'
import { isPassing, SourceError } from '../tokens/source.ts'
import type { AwsCredentials } from './sts-answer.ts'
import type { StsExchange } from './sts-exchange.ts'

/** An exchange that takes longer is given up. */
const TIMEOUT_MS = 10_000

/** AWS's clients renew 15 minutes before the end, and shall find new ones then. */
const RENEW_BEFORE_MS = 20 * 60_000

/** Short-lived ones are renewed when half of their life is over. */
const RENEW_AT = 0.5

/** Nearer to their end credentials help no caller. */
const LAST_SERVED_MS = 60_000

/** A refusal changes when somebody changes the role, which takes AWS a while to tell all of its servers. */
const PAUSE_SECONDS = { resource_refused: 5 }

/** What the cache is made of. */
export interface RoleCredentialsOptions {
  readonly sts: StsExchange
  readonly clock: Clock
  /** Told why there are none. */
  readonly onFailure: (error: SourceError) => void
}

interface Held {
  readonly credentials: AwsCredentials
  readonly clientId: string
  readonly receivedAtMonotonic: number
  readonly lifetimeMs: number
  /** Whether a caller got them: only then they are renewed ahead. */
  used: boolean
}

/** Credentials of one role. */
export class RoleCredentials {
  readonly #options: RoleCredentialsOptions
  readonly #stopped = new AbortController()
  #held: Held | undefined
  #fetching: { clientId: string; outcome: Promise<Held> } | undefined
  readonly #pause: Pause
  /** Goes up when what is held is thrown away, so that what was asked for before does not come back after. */
  #generation = 0

  constructor(options: RoleCredentialsOptions) {
    this.#options = options
    this.#pause = new Pause({ clock: options.clock, seconds: PAUSE_SECONDS })
  }

  /** Whether those that callers got are to be renewed now. */
  get isRenewalDue(): boolean {
    const held = this.#held
    return held?.used === true && this.#remainingMs(held) <= renewAtMs(held)
  }

  /**
   * Credentials for a caller that may have `token`, which is the identity's and good now.
   *
   * @throws {WireError} `credentials_refused`, `upstream_throttled` or `upstream_unavailable`.
   */
  async get({ clientId }: Identity, token: string): Promise<AwsCredentials> {
    const held = this.#heldFor(clientId)
    if (held && this.#remainingMs(held) > Math.min(renewAtMs(held), RENEW_BEFORE_MS / 2)) return serve(held)
    try {
      return serve(await this.#fetch(clientId, token))
    } catch (cause) {
      if (!(cause instanceof SourceError)) throw cause
      const last = this.#heldFor(clientId)
      if (last && isPassing(cause.failure) && this.#remainingMs(last) > LAST_SERVED_MS) return serve(last)
      throw answerFor(cause)
    }
  }

  /** Asks for new ones, whatever is held. Never rejects: a failure is told, and the next request tries again. */
  async renew({ clientId }: Identity, token: string): Promise<void> {
    await this.#fetch(clientId, token).catch(() => {})
  }

  /** Throws away what is held. */
  clear(): void {
    this.#generation += 1
    this.#held = undefined
  }

  /** Gives up what is under way. */
  stop(): void {
    this.#stopped.abort()
    this.#options.sts.close()
  }

  #heldFor(clientId: string): Held | undefined {
    return this.#held?.clientId === clientId ? this.#held : undefined
  }

  /** Of the two clocks the stricter one counts, as it does for tokens. */
  #remainingMs({ credentials, receivedAtMonotonic, lifetimeMs }: Held): number {
    const { clock } = this.#options
    const passed = clock.monotonic() - receivedAtMonotonic
    return Math.min(credentials.expiresAt - clock.now(), lifetimeMs - passed)
  }

  /** One exchange for an identity, however many wait for it. */
  #fetch(clientId: string, token: string): Promise<Held> {
    if (this.#fetching?.clientId === clientId) return this.#fetching.outcome
    const outcome = this.#exchange(clientId, token).finally(() => {
      if (this.#fetching?.outcome === outcome) this.#fetching = undefined
    })
    this.#fetching = { clientId, outcome }
    return outcome
  }

  async #exchange(clientId: string, token: string): Promise<Held> {
    const { sts, clock } = this.#options
    this.#pause.check()
    const generation = this.#generation
    try {
      const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(TIMEOUT_MS)])
      const credentials = await sts.exchange(token, signal)
      this.#pause.end()
      const held = {
        ...{ credentials, clientId, used: false },
        receivedAtMonotonic: clock.monotonic(),
        lifetimeMs: credentials.expiresAt - clock.now(),
      }
      if (generation === this.#generation) this.#held = held
      return held
    } catch (cause) {
      throw this.#noteFailure(cause)
    }
  }

  #noteFailure(cause: unknown): SourceError {
    const error =
      cause instanceof SourceError ? cause : new SourceError('unavailable', 'no answer in time', { cause })
    if (!isPassing(error.failure)) this.clear()
    this.#options.onFailure(error)
    return this.#pause.begin(error)
  }
}

function answerFor(cause: SourceError): WireError {
  const { failure, reason, retryAfterSeconds = 1 } = cause
  const options = { cause, retryAfterSeconds }
  if (failure === 'throttled') return new WireError('upstream_throttled', options)
  const detail = `(${reason?.message ?? 'AWS does not answer'})`
  const code = isPassing(failure) ? 'upstream_unavailable' : 'credentials_refused'
  return new WireError(code, { ...options, detail })
}

function renewAtMs({ lifetimeMs }: Held): number {
  return Math.min(RENEW_BEFORE_MS, lifetimeMs * RENEW_AT)
}

function serve(held: Held): AwsCredentials {
  held.used = true
  return held.credentials
}
