/**
 * What parts write to the log with: the methods of pino's logger that they use, so that a part takes pino's or a lighter one.
 *
 * @see docs/decisions/0013-a-log-of-our-own.md
 * @module
 */

/** Writes a line; `err` among its fields is an error. */
export interface WriteLine {
  (fields: object, text: string): void
  (text: string): void
}

/** A log. */
export interface Logger {
  readonly trace: WriteLine
  readonly debug: WriteLine
  readonly info: WriteLine
  readonly warn: WriteLine
  readonly error: WriteLine
  readonly fatal: WriteLine
}

const nothing = (): void => {}

/** A log that nobody reads. */
export const SILENT_LOG: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
}
