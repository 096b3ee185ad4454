/**
 * The output of the command: results on stdout, everything else on stderr, one line a failure and its hints below,
 * colour only on a terminal.
 *
 * @module
 */

import { styleText } from 'node:util'
import { writeOutput } from './output.ts'

/** A failure as the user reads it. */
export interface Complaint {
  message: string
  hints: readonly string[]
}

/** Prints a result. */
export function printResult(text: string): void {
  writeOutput('stdout', `${text}\n`)
}

/** Prints progress or a note. */
export function printNote(text: string): void {
  writeOutput('stderr', `landfast: ${text}\n`)
}

/** Prints a failure. */
export function printComplaint({ message, hints }: Complaint): void {
  const stream = process.stderr
  const lines = [
    `${styleText('red', 'landfast:', { stream })} ${oneLine(message)}`,
    ...hints.map((hint) => `${styleText('yellow', 'hint:', { stream })} ${oneLine(hint)}`),
  ]
  writeOutput('stderr', `${lines.join('\n')}\n`)
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, '; ')
}
