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

/** At least so many names are remembered, those that were used last; the buckets of others have mostly filled up since. */
const NAMES_MIN = 20_000

interface Bucket {
  level: number
  /** Milliseconds. */
  at: number
}

/** A bucket for each name. */
export class BucketLimit {
  readonly #size: BucketSize
  /**
   * Names that were used since the last change of the two, and before it. To delete the oldest of one map instead would be a search
   * through all that was deleted before: 7.5 µs a name of a million machines, and 0.2 so.
   */
  #recent = new Map<string, Bucket>()
  #former: ReadonlyMap<string, Bucket> = new Map()

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
    this.#recent.set(name, { level, at: now })
    if (this.#recent.size < NAMES_MIN) return
    this.#former = this.#recent
    this.#recent = new Map()
  }

  #level(name: string, time: number): number {
    const { burst, perSecond } = this.#size
    const bucket = this.#recent.get(name) ?? this.#former.get(name)
    if (!bucket) return burst
    // A clock that is set back fills nothing.
    const seconds = Math.max(0, time - bucket.at) / 1000
    return Math.min(burst, bucket.level + seconds * perSecond)
  }
}
