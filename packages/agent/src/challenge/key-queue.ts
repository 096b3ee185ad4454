/**
 * Keys in the order in which something happened to them. The links stand in the keys themselves, so that a key
 * joins and leaves without anything being made or thrown away.
 *
 * @module
 */

/** What stands in a queue, in one at a time. */
export interface Queued<T> {
  older: T | undefined
  newer: T | undefined
}

/** First come, first out, and anyone may leave. */
export class KeyQueue<T extends Queued<T>> {
  #oldest: T | undefined
  #newest: T | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get oldest(): T | undefined {
    return this.#oldest
  }

  get newest(): T | undefined {
    return this.#newest
  }

  /** `key` is in no queue. */
  add(key: T): void {
    key.older = this.#newest
    if (this.#newest) this.#newest.newer = key
    else this.#oldest = key
    this.#newest = key
    this.#size += 1
  }

  /** `key` is in this queue. */
  remove(key: T): void {
    if (key.older) key.older.newer = key.newer
    else this.#oldest = key.newer
    if (key.newer) key.newer.older = key.older
    else this.#newest = key.older
    key.older = undefined
    key.newer = undefined
    this.#size -= 1
  }
}
