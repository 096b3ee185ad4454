/**
 * The question before something is deleted: asked on a terminal, and answered by `--yes` elsewhere.
 *
 * @module
 */

import { createInterface } from 'node:readline'
import { visibleLine } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { writeOutput } from '../output.ts'

/** The flag that answers it. */
export interface ConfirmationFlags {
  yes?: true
}

/**
 * Resolves if `what` is to be done.
 *
 * @throws {CliError} `argument_missing` where no person can be asked, `interrupted` if the answer is no.
 */
export async function confirm(what: string, { yes }: ConfirmationFlags): Promise<void> {
  if (yes) return
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new CliError('argument_missing', {
      detail: `"--yes" is missing: this would ${what}`,
      hints: ['repeat the command with --yes if that is meant'],
    })
  }
  if (/^y(es)?$/i.test(await ask(`${what}? [y/N] `))) return
  throw new CliError('interrupted', { hints: ['nothing was changed'] })
}

/** An empty answer where Ctrl-C or Ctrl-D came instead. */
async function ask(question: string): Promise<string> {
  writeOutput('stderr', `landfast: ${visibleLine(question)}`)
  const lines = createInterface({ input: process.stdin })
  try {
    for await (const line of lines) return line.trim()
    return ''
  } finally {
    lines.close()
  }
}
