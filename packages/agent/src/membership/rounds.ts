/**
 * The rounds of a membership, one at a time: by their own schedule, and sooner when somebody has to know what only the
 * control plane knows. However many ask, and however often, two rounds begin no closer together than two seconds.
 *
 * @see docs/onboarding.md#heartbeat
 * @module
 */

/** Between the beginnings of two rounds: what a local user can make an agent send is bounded by it. */
const SPACING_MS = 2000

/** What came of a round. */
export interface Round {
  /** Until the next one by the schedule. */
  nextSeconds: number
  /** Whether the control plane took or refused the machine, so that what is known here is what it knows. */
  isAnswered: boolean
}

/** Runs rounds. */
export class Rounds {
  readonly #run: () => Promise<Round>
  readonly #monotonic: () => number
  #timer: NodeJS.Timeout | undefined
  #running: Promise<Round> | undefined
  /** Those who asked since the last round began. */
  #waiting: PromiseWithResolvers<boolean> | undefined
  #beganAt = Number.NEGATIVE_INFINITY
  #isScheduled = false
  #isStopped = false

  /** `run` never rejects; `monotonic` are milliseconds that never jump. */
  constructor(run: () => Promise<Round>, monotonic: () => number) {
    this.#run = run
    this.#monotonic = monotonic
  }

  /** Milliseconds since the last round began. */
  get age(): number {
    return this.#monotonic() - this.#beganAt
  }

  /** Begins with a round at once; each says when the next one is. */
  start(): void {
    this.#isScheduled = true
    this.#beginIn(0)
  }

  /** Waits for the round that is under way; there is no other. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#running
    this.#waiting?.resolve(false)
  }

  /** Resolves after a round that began later than this call, to whether it was answered. */
  demand(): Promise<boolean> {
    if (this.#isStopped) return Promise.resolve(false)
    if (!this.#waiting) {
      this.#waiting = Promise.withResolvers<boolean>()
      if (!this.#running) this.#beginIn(SPACING_MS - this.age)
    }
    return this.#waiting.promise
  }

  #beginIn(milliseconds: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#begin(), Math.max(0, milliseconds)).unref()
  }

  async #begin(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = undefined
    this.#beganAt = this.#monotonic()
    this.#running = this.#run()
    const { nextSeconds, isAnswered } = await this.#running
    this.#running = undefined
    waiting?.resolve(isAnswered)
    if (this.#isStopped) return
    if (this.#waiting) this.#beginIn(SPACING_MS - this.age)
    else if (this.#isScheduled) this.#beginIn(nextSeconds * 1000)
  }
}
