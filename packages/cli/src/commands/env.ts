/**
 * `landfast env`: prints the variables by which a shell uses a running `landfast dev`.
 *
 * @module
 */

import { competingVariables } from '@landfast/emulator/environment'
import { STYLE_NAMES, styleOf } from '@landfast/protocol'
import { writeOutput } from '../output.ts'
import { findDev } from '../run/dev-notes.ts'
import { formatExports, quoteForShell } from '../run/shell-exports.ts'
import { printForShell, printNote, printResult } from '../terminal.ts'

/** The variables that hold a secret in some style. */
const SECRETS = new Set(STYLE_NAMES.map((name) => styleOf(name).variables.secret))

/** The flags of the command, as commander reads them. */
export interface EnvFlags {
  stateDir?: string
  json?: true
  showSecret?: true
}

/**
 * Prints the variables, or without `--show-secret` what to type to have them read from their file. Names those in this environment
 * that lead SDKs elsewhere.
 */
export async function env(flags: EnvFlags): Promise<number> {
  const { notes, variables } = await findDev(flags.stateDir)
  const omitted = flags.showSecret ? [] : Object.keys(variables).filter((name) => SECRETS.has(name))
  const shown = Object.fromEntries(Object.entries(variables).filter(([name]) => !omitted.includes(name)))
  const competing = competingVariables(process.env).filter((name) => !Object.hasOwn(variables, name))
  if (flags.json) {
    printResult(JSON.stringify({ envFile: notes.envFile, variables: shown, omitted, competing }))
    return 0
  }
  if (competing.length > 0)
    printNote(`these variables lead SDKs elsewhere; unset them in this shell: ${competing.join(', ')}`)
  if (flags.showSecret) writeOutput('stdout', formatExports(shown))
  else printForShell(`. ${quoteForShell(notes.envFile)}`)
  return 0
}
