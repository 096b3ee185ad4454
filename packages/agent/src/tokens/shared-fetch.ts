/**
 * One request upstream for which several callers wait. It starts at the first turn of any of them, so that who joins does not
 * wait behind all that another had asked for before.
 *
 * @module
 */

/** Something that is fetched once. */
export class SharedFetch<T> {
  readonly #fetch: () => Promise<T>
  readonly #outcome = Promise.withResolvers<T>()
  readonly #sharers = new Set<string>()
  #hasStarted = false

  constructor(fetch: () => Promise<T>) {
    this.#fetch = fetch
    // Whoever waits is told; that nobody may wait any more is no failure.
    this.#outcome.promise.catch(() => {})
  }

  /** What comes of it. */
  get outcome(): Promise<T> {
    return this.#outcome.promise
  }

  /** Whether `sharer` still has to queue for it. */
  joins(sharer: string): boolean {
    if (this.#hasStarted || this.#sharers.has(sharer)) return false
    this.#sharers.add(sharer)
    return true
  }

  /** Fetches, if that was not begun by another turn. Never rejects. */
  async start(): Promise<void> {
    if (this.#hasStarted) return
    this.#hasStarted = true
    await this.#fetch().then(this.#outcome.resolve, this.#outcome.reject)
  }
}
