/**
 * Spans of time as people type them: `90s`, `15m`, `1h`, `7d`.
 *
 * @module
 */

import { CliError } from '../cli-error.ts'

const UNIT_MILLISECONDS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** The milliseconds of the span in `text`; undefined if it is none. */
export function parseSpan(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  return count === undefined ? undefined : Number(count) * (UNIT_MILLISECONDS[unit] ?? 0)
}

/** The whole seconds of the span that `flag` gives. @throws {CliError} `argument_invalid`. */
export function readSpanSeconds(flag: string, text: string): number {
  const span = parseSpan(text)
  if (span !== undefined) return span / 1_000
  const detail = `"${flag}" must be a span such as 15m, 1h or 7d, not "${text}"`
  throw new CliError('argument_invalid', { detail })
}
