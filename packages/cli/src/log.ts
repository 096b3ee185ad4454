/**
 * The log of what the command runs: JSON lines on stderr.
 *
 * @module
 */

import type { Logger } from 'pino'

/** The levels that a log may have, the wordiest first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** A level of the log. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** A log on stderr; synchronous, so that the last line before an end is not lost. */
export async function openLog(level: LogLevel): Promise<Logger> {
  // Bundled, a CommonJS module that is loaded late has its default export only.
  const { default: pino } = await import('pino')
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  )
}
