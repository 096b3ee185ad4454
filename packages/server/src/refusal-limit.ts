/**
 * How many refusals reach the audit log: of one user and reason a few a minute, the rest as a count in the
 * next line, so that a user without rights neither fills the disk nor hides what others are refused.
 *
 * @module
 */

/** Lines a minute of one user and reason. */
const LINES_A_MINUTE = 10

/** Users and reasons counted at once; beyond that they share one count. */
const COUNTED_MAX = 1000

const MINUTE_MS = 60_000

interface Count {
  since: number
  lines: number
  suppressed: number
}

/** Decides which refusals are written. */
export class RefusalLimit {
  readonly #counts = new Map<string, Count>()
  readonly #monotonic: () => number

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  /**
   * How many like it were left out before this refusal, or undefined if this one is to be left out as well.
   */
  take(userId: number | undefined, reason: string): number | undefined {
    const count = this.#find(`${userId} ${reason}`)
    if (count.lines >= LINES_A_MINUTE) {
      count.suppressed += 1
      return undefined
    }
    const { suppressed } = count
    count.lines += 1
    count.suppressed = 0
    return suppressed
  }

  #find(key: string): Count {
    const now = this.#monotonic()
    if (!this.#counts.has(key) && this.#counts.size >= COUNTED_MAX) this.#forget(now)
    const name = this.#counts.has(key) || this.#counts.size < COUNTED_MAX ? key : 'others'
    let count = this.#counts.get(name)
    if (!count) {
      count = { since: now, lines: 0, suppressed: 0 }
      this.#counts.set(name, count)
    }
    if (isOver(count, now)) Object.assign(count, { since: now, lines: 0 })
    return count
  }

  /** Drops what has nothing left to tell. */
  #forget(now: number): void {
    for (const [key, count] of this.#counts) {
      if (isOver(count, now) && count.suppressed === 0) this.#counts.delete(key)
    }
  }
}

function isOver(count: Count, now: number): boolean {
  return now - count.since >= MINUTE_MS
}
