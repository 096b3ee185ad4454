/**
 * The output of the command: results on stdout, everything else on stderr, one line a failure and its hints below,
 * colour only on a terminal. What others wrote, be it a name or a sentence of a server, does not steer the terminal.
 *
 * @module
 */

import { styleText } from 'node:util'
import { visibleLine } from '@landfast/protocol'
import { asFailures, isErrorJournal } from './log/journal.ts'
import { writeOutput } from './output.ts'

/** A failure as the user reads it. */
export interface Complaint {
  message: string
  hints: readonly string[]
}

/** Prints a result, which is one line. */
export function printResult(line: string): void {
  writeOutput('stdout', `${visibleLine(line)}\n`)
}

/** Prints a part of a result, whose other parts come before and after it in the same line. */
export function printPart(text: string): void {
  writeOutput('stdout', visibleLine(text))
}

/** Prints one for a shell to read, letter by letter. */
export function printForShell(line: string): void {
  writeOutput('stdout', `${line}\n`)
}

/** Prints progress or a note. */
export function printNote(text: string): void {
  writeOutput('stderr', `landfast: ${oneLine(text)}\n`)
}

/** Prints a failure. */
export function printComplaint({ message, hints }: Complaint): void {
  const stream = process.stderr
  const lines = [
    `${styleText('red', 'landfast:', { stream })} ${oneLine(message)}`,
    ...hints.map((hint) => `${styleText('yellow', 'hint:', { stream })} ${oneLine(hint)}`),
  ]
  writeOutput('stderr', `${(isErrorJournal() ? asFailures(lines) : lines).join('\n')}\n`)
}

/** `text` on one line. Line by line: one pattern for a line break between white space would try every share of a long white space. */
export function oneLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  return visibleLine(lines.filter((line) => line !== '').join('; '))
}
