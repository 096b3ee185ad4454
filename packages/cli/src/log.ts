/**
 * The log of what the command runs: JSON lines on stderr.
 *
 * @module
 */

import type { Logger } from 'pino'
import type { LogLevel } from './settings.ts'

/** A log on stderr; synchronous, so that the last line before an end is not lost. */
export async function openLog(level: LogLevel): Promise<Logger> {
  // Bundled, a CommonJS module that is loaded late has its default export only.
  const { default: pino } = await import('pino')
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  )
}
