/**
 * A request that comes too soon. Each boundary says it in its own form.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6585#section-4
 * @module
 */

/** The answer puts `retryAfterSeconds` into the header `Retry-After`. */
export class TooManyRequests extends Error {
  override readonly name = 'TooManyRequests'
  readonly statusCode = 429
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super('too many requests; wait as long as "Retry-After" says')
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Refuses a request that has to wait. @throws {TooManyRequests} unless `seconds` is 0. */
export function refuseIfEarly(seconds: number): void {
  if (seconds > 0) throw new TooManyRequests(seconds)
}
