/**
 * The setting of every service that says what it logs.
 *
 * @module
 */

import { LOG_LEVELS, type LogLevel } from '../log/json-log.ts'
import type { Setting } from './settings-table.ts'

/** The row. */
export const LOG_LEVEL: Setting<LogLevel> = {
  value: 'level',
  default: 'info',
  meaning: `what is logged to stderr: ${LOG_LEVELS.join(', ')}`,
  parse: parseLogLevel,
}

function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text)
  if (!level) throw new TypeError(`must be one of ${LOG_LEVELS.join(', ')}, not "${text}"`)
  return level
}
