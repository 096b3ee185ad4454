/**
 * A log of JSON lines in the form that pino gives them, without what pino has beside. An agent waits most of its life, and
 * pino took 5 to 10 ms of processor of its start.
 *
 * @see docs/decisions/0013-a-log-of-our-own.md
 * @module
 */

import { type Logger, SILENT_LOG, type WriteLine } from '@landfast/server'
import { errorField } from './error-field.ts'

/** The numbers of pino's levels. */
const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const

/** The levels that a log may have, the wordiest first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** A level of the log. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** A log of what is of `level` or graver, each line of which goes to `write`. Its methods never throw. */
export function createJsonLog(level: LogLevel, write: (line: string) => void, now: () => Date): Logger {
  if (level === 'silent') return SILENT_LOG
  const methodOf = (own: keyof typeof LEVELS): WriteLine => {
    if (LEVELS[own] < LEVELS[level]) return SILENT_LOG[own]
    return (first: object | string, text?: string) => {
      const [fields, msg] = typeof first === 'string' ? [{}, first] : [first, text]
      write(`${lineOf({ level: LEVELS[own], time: now().toISOString() }, fields, msg)}\n`)
    }
  }
  return {
    trace: methodOf('trace'),
    debug: methodOf('debug'),
    info: methodOf('info'),
    warn: methodOf('warn'),
    error: methodOf('error'),
    fatal: methodOf('fatal'),
  }
}

function lineOf(head: object, fields: object, msg: string | undefined): string {
  const told = 'err' in fields ? { ...fields, err: errorField(fields.err) } : fields
  return jsonOf({ ...head, ...told, msg }) ?? jsonOf({ ...head, ...eachAlone(told), msg }) ?? '{}'
}

/** Undefined if something in it cannot be written: a circle, or what throws when it is asked. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_name, part) => (typeof part === 'bigint' ? Number(part) : part))
  } catch {
    return undefined
  }
}

/** The fields that can be written, and for the others that they cannot. */
function eachAlone(fields: object): object {
  const written = Object.entries(fields).map(([name, value]) => {
    return [name, value === undefined || jsonOf(value) !== undefined ? value : '[not to be written]']
  })
  return Object.fromEntries(written)
}
