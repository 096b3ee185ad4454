/**
 * The log of what the command runs: JSON lines on stderr. In systemd's journal each line has the priority of its level.
 *
 * @module
 */

import { visibleText } from '@landfast/protocol'
import type { Logger } from 'pino'
import { noteUnwritten } from '../output.ts'
import { isErrorJournal, withPriority } from './journal.ts'

/** The levels that a log may have, the wordiest first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** A level of the log. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Lines that wait for a full disk to get room again; what comes beyond them is lost. */
const HELD_MAX_BYTES = 1 << 20

/** A log on stderr; synchronous, so that the last line before an end is not lost. */
export async function openLog(level: LogLevel): Promise<Logger> {
  // Bundled, a CommonJS module that is loaded late has its default export only.
  const { default: pino } = await import('pino')
  const destination = pino.destination({ dest: 2, sync: true, maxLength: HELD_MAX_BYTES })
  // Whoever asks for a token gets it, whether or not the disk of the log has room.
  destination.on('error', noteUnwritten)
  const err = (error: unknown) =>
    error instanceof Error
      ? Object.assign(pino.stdSerializers.err(error), { message: reasonsOf(error) })
      : error
  const timestamp = pino.stdTimeFunctions.isoTime
  const streamWrite = isErrorJournal() ? (line: string) => withPriority(visibleText(line)) : visibleText
  return pino({ level, base: null, timestamp, serializers: { err }, hooks: { streamWrite } }, destination)
}

/** What `error` and its causes say, each once: many an error repeats the words of its cause. */
export function reasonsOf(error: Error): string {
  const causes = new Set<Error>()
  for (let part: unknown = error; part instanceof Error && !causes.has(part); part = part.cause)
    causes.add(part)
  const said: string[] = []
  for (const { message } of causes) if (!said.some((text) => text.includes(message))) said.push(message)
  return said.join(': ')
}
