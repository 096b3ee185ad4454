/**
 * How the demo talks: numbered headings, indented lines under them.
 *
 * @module
 */

import { styleText } from 'node:util'
import { visibleLine, visibleText } from '@landfast/protocol'
import { writeOutput } from '../output.ts'

/** Where the demo's lines go. */
export interface Stage {
  /** Begins the next part. */
  heading(text: string): void
  line(text: string): void
}

/** A stage on standard output. */
export function openStage(): Stage {
  const stream = process.stdout
  let part = 0
  return {
    heading(text) {
      part += 1
      writeOutput('stdout', `\n${styleText('bold', `${part}. ${visibleLine(text)}`, { stream })}\n`)
    },
    line: (text) => writeOutput('stdout', `   ${visibleText(text)}\n`),
  }
}
