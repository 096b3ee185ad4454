/**
 * Limits how often each caller may do something: each name has a bucket that fills with time, as Azure's own limits
 * are.
 *
 * The control plane counts by client and address what it refuses and serves, the agent by user what it asks for upstream.
 *
 * Our own few lines rather than a library: those count requests as they come in, and here what counts is how a
 * request ended.
 *
 * @see https://en.wikipedia.org/wiki/Token_bucket
 * @module
 */

/** How large a bucket is and how fast it fills. */
export interface BucketSize {
  /** How many in a row. */
  burst: number
  perSecond: number
}

/** Names that were used longest ago are forgotten: their buckets have mostly filled up since. */
const NAMES_MAX = 20_000

interface Bucket {
  level: number
  /** Milliseconds. */
  at: number
}

/** A bucket for each name. */
export class BucketLimit {
  readonly #size: BucketSize
  readonly #buckets = new Map<string, Bucket>()

  constructor(size: BucketSize) {
    this.#size = size
  }

  /** How many whole seconds `name` has to wait, `now` in milliseconds of any clock; 0 if it need not. Takes nothing. */
  waitSeconds(name: string, now: number): number {
    const missing = 1 - this.#level(name, now)
    return missing <= 0 ? 0 : Math.ceil(missing / this.#size.perSecond)
  }

  /** Takes `count` from the bucket of `name`, which is never emptier than empty. */
  take(name: string, now: number, count = 1): void {
    const level = Math.max(0, this.#level(name, now) - count)
    // Put at the end, so that the first name is the one that was used longest ago.
    this.#buckets.delete(name)
    this.#buckets.set(name, { level, at: now })
    if (this.#buckets.size <= NAMES_MAX) return
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }

  #level(name: string, time: number): number {
    const { burst, perSecond } = this.#size
    const bucket = this.#buckets.get(name)
    if (!bucket) return burst
    // A clock that is set back fills nothing.
    const seconds = Math.max(0, time - bucket.at) / 1000
    return Math.min(burst, bucket.level + seconds * perSecond)
  }
}
