/**
 * A failure of `npm run package` that its user can do something about.
 *
 * @module
 */

/** What went wrong, and what to do. */
export class PackageError extends Error {
  readonly hint: string

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options)
    this.hint = hint
  }
}
