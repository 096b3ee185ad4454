/**
 * A request that comes too soon, or one more wrong credential after very many. Each boundary says it in its own form.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6585#section-4
 * @module
 */

/** The answer puts `retryAfterSeconds` into the header `Retry-After`. */
export class TooManyRequests extends Error {
  override readonly name = 'TooManyRequests'
  readonly statusCode = 429
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number, options: ErrorOptions = {}) {
    super('too many requests; wait as long as "Retry-After" says', options)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Refuses a request that has to wait. @throws {TooManyRequests} unless `seconds` is 0. */
export function refuseIfEarly(seconds: number): void {
  if (seconds > 0) throw new TooManyRequests(seconds)
}
