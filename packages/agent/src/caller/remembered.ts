/**
 * Remembers for some time what was looked up, so that each thing is looked up once however many ask.
 *
 * @module
 */

/** How long what was found is good. */
export interface MemoryLimits {
  /** As it is. */
  goodMs: number
  /** While it is looked up again. */
  staleMs: number
  monotonic: () => number
}

/** So many are remembered; the oldest goes first. */
const KEPT = 1000

interface Entry<Value> {
  value: Value
  at: number
}

/** A look-up with a memory. */
export class Remembered<Key, Value> {
  readonly #limits: MemoryLimits
  readonly #lookUp: (key: Key) => Promise<Value>
  readonly #known = new Map<Key, Entry<Value>>()
  readonly #running = new Map<Key, Promise<Value>>()

  constructor(limits: MemoryLimits, lookUp: (key: Key) => Promise<Value>) {
    this.#limits = limits
    this.#lookUp = lookUp
  }

  async get(key: Key): Promise<Value> {
    const { goodMs, staleMs, monotonic } = this.#limits
    const known = this.#known.get(key)
    const age = known ? monotonic() - known.at : Number.POSITIVE_INFINITY
    if (known && age < goodMs) return known.value
    const running = this.#running.get(key) ?? this.#begin(key)
    if (!known || age >= staleMs) return await running
    // Nobody waits for it: a failure that nobody takes would end the process. The next one who asks tries again.
    running.catch(() => {})
    return known.value
  }

  #begin(key: Key): Promise<Value> {
    const running = this.#lookUp(key)
      .then((value) => {
        this.#known.delete(key)
        this.#known.set(key, { value, at: this.#limits.monotonic() })
        const [oldest] = this.#known.keys()
        if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest)
        return value
      })
      .finally(() => this.#running.delete(key))
    this.#running.set(key, running)
    return running
  }
}
