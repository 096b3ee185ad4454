/**
 * How many refusals of callers that proved nothing reach the audit trail: a few a minute of each error number,
 * the rest as a count in the next row of it, so that nobody fills the disk without a key.
 *
 * @module
 */

/** Rows a minute of one error number. */
const ROWS_A_MINUTE = 10

const MINUTE_MILLISECONDS = 60_000

interface Count {
  /** When its minute began, milliseconds since 1970. */
  since: number
  rows: number
  suppressed: number
}

/** Decides which of these refusals are written. It counts by error number or code, of which there are few. */
export class RefusalLimit {
  readonly #counts = new Map<number | string, Count>()

  /**
   * How many like it were left out before this refusal, or undefined if this one is to be left out as well.
   */
  take(errorNumber: number | string, now: Date): number | undefined {
    const count = this.#find(errorNumber, now.getTime())
    if (count.rows >= ROWS_A_MINUTE) {
      count.suppressed += 1
      return undefined
    }
    const { suppressed } = count
    count.rows += 1
    count.suppressed = 0
    return suppressed
  }

  #find(errorNumber: number | string, now: number): Count {
    const count = this.#counts.get(errorNumber) ?? { since: now, rows: 0, suppressed: 0 }
    this.#counts.set(errorNumber, count)
    // A clock that was set back must not leave refusals out until it has caught up.
    if (Math.abs(now - count.since) >= MINUTE_MILLISECONDS) Object.assign(count, { since: now, rows: 0 })
    return count
  }
}
