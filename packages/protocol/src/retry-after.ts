/**
 * How long the answer of another asks to wait, by `Retry-After`: a number of seconds, or a date of its own clock.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 * @module
 */

/** What of an answer's headers says so, by lower-case name. */
export interface WaitHeaders {
  readonly 'retry-after'?: string | string[] | undefined
  /** By which a date is counted, so that a wrong clock here does no harm. */
  readonly date?: string | string[] | undefined
}

/** Fractions are in no standard, but sent. */
const SECONDS = /^\d{1,9}(?:\.\d{1,9})?$/

/** Any of the three forms of a date in HTTP begins with the day of the week; much else is a date to `Date.parse`. */
const DATE = /^[A-Z][a-z]{2,8},? [\w: -]{1,40}$/

/**
 * Whole seconds to wait; undefined if the answer asks for none, or for none that makes sense. `now` is milliseconds since
 * 1970, for an answer without a date. There is no upper bound: the caller knows how long is too long.
 */
export function readRetryAfter(headers: WaitHeaders, now: number): number | undefined {
  const text = String(headers['retry-after'] ?? '').trim()
  const seconds = SECONDS.test(text)
    ? Number(text)
    : (timeOf(text) - (timeOf(String(headers.date ?? '')) || now)) / 1000
  return seconds > 0 ? Math.ceil(seconds) : undefined
}

function timeOf(text: string): number {
  return DATE.test(text) ? Date.parse(text) : Number.NaN
}
