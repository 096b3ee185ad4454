/**
 * The log of what the command runs: JSON lines on stderr. In systemd's journal each line has the priority of its level.
 *
 * @module
 */

import { writeSync } from 'node:fs'
import { visibleText } from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import type { Logger as PinoLogger } from 'pino'
import { noteUnwritten } from '../output.ts'
import { errorField } from './error-field.ts'
import { HeldLines } from './held-lines.ts'
import { isErrorJournal, withPriority } from './journal.ts'
import { createJsonLog, type LogLevel } from './json-log.ts'

const STDERR = 2

/** Lines that wait for a full disk to get room again; what comes beyond them is lost. */
const HELD_MAX_BYTES = 1 << 20

/** A reader that takes no line now is given the next chance then. */
const LATER_MS = 50

/** At the end of the process it is waited for no longer than this. */
const END_WITHIN_MS = 1000

/** A log on stderr; synchronous, so that the last line before an end is not lost. */
export function openLog(level: LogLevel): Logger {
  const show = shownLine()
  const lines = openLines()
  return createJsonLog(
    level,
    (line) => lines.write(show(line)),
    () => new Date(),
  )
}

/** The same with pino's logger, which the control plane's server wants. */
export async function openPinoLog(level: LogLevel): Promise<PinoLogger> {
  // Bundled, a CommonJS module that is loaded late has its default export only.
  const { default: pino } = await import('pino')
  const destination = pino.destination({ dest: STDERR, sync: true, maxLength: HELD_MAX_BYTES })
  // Whoever asks for a token gets it, whether or not the disk of the log has room.
  destination.on('error', noteUnwritten)
  const timestamp = pino.stdTimeFunctions.isoTime
  const hooks = { streamWrite: shownLine() }
  return pino({ level, base: null, timestamp, serializers: { err: errorField }, hooks }, destination)
}

/** How a line is shown where stderr leads. */
function shownLine(): (line: string) => string {
  return isErrorJournal() ? (line) => withPriority(visibleText(line)) : visibleText
}

function openLines(): HeldLines {
  const lines = new HeldLines({
    write: (bytes) => writeSync(STDERR, bytes),
    onFailure: noteUnwritten,
    later: (again) => void setTimeout(again, LATER_MS).unref(),
    maxBytes: HELD_MAX_BYTES,
  })
  process.once('exit', () => {
    const pause = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    lines.flush()
    for (let waited = 0; lines.isDelayed && waited < END_WITHIN_MS; waited += LATER_MS) {
      Atomics.wait(pause, 0, 0, LATER_MS)
      lines.flush()
    }
  })
  return lines
}
