/**
 * How many refusals are written down: of each kind a few a minute, the rest as a count in the next line, so that a
 * caller without rights neither fills the disk nor hides what others are refused.
 *
 * The agent counts by user and reason for its audit log, the control plane by caller and error code for its audit trail.
 *
 * @module
 */

/** Lines a minute of one kind. */
const LINES_A_MINUTE = 10

/** Kinds counted at once if nothing else is said; beyond that they share one count. */
const COUNTED_MAX = 1000

/** The name of that count. */
const OTHERS = 'others'

const MINUTE_MS = 60_000

interface Count {
  since: number
  lines: number
  suppressed: number
}

/** Decides which refusals are written. */
export class RefusalLimit {
  readonly #counts = new Map<number | string, Count>()
  readonly #now: () => number
  readonly #kindsMax: number

  /** `now` is any clock in milliseconds, also one that may be set back. */
  constructor(now: () => number, { kindsMax = COUNTED_MAX }: { kindsMax?: number } = {}) {
    this.#now = now
    this.#kindsMax = kindsMax
  }

  /**
   * How many of this kind were left out before this refusal, or undefined if this one is to be left out as well.
   */
  take(kind: number | string): number | undefined {
    const count = this.#find(kind)
    if (count.lines >= LINES_A_MINUTE) {
      count.suppressed += 1
      return undefined
    }
    const { suppressed } = count
    count.lines += 1
    count.suppressed = 0
    return suppressed
  }

  #find(kind: number | string): Count {
    const now = this.#now()
    if (!this.#counts.has(kind) && this.#counts.size >= this.#kindsMax) this.#forget(now)
    const name = this.#counts.has(kind) || this.#counts.size < this.#kindsMax ? kind : OTHERS
    let count = this.#counts.get(name)
    if (!count) {
      count = { since: now, lines: 0, suppressed: 0 }
      this.#counts.set(name, count)
    }
    if (isOver(count, now)) Object.assign(count, { since: now, lines: 0 })
    return count
  }

  /** Drops what is over; what it had left to tell, the count of the others tells. Or one who uses many names stays for ever. */
  #forget(now: number): void {
    let suppressed = 0
    for (const [kind, count] of this.#counts) {
      if (kind === OTHERS || !isOver(count, now)) continue
      suppressed += count.suppressed
      this.#counts.delete(kind)
    }
    if (suppressed === 0) return
    const others = this.#counts.get(OTHERS) ?? { since: now, lines: 0, suppressed: 0 }
    this.#counts.set(OTHERS, { ...others, suppressed: others.suppressed + suppressed })
  }
}

/** A clock that was set back must not leave refusals out until it has caught up. */
function isOver(count: Count, now: number): boolean {
  return Math.abs(now - count.since) >= MINUTE_MS
}
