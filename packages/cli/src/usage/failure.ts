/**
 * Ends the process after a command failed: its line, its hints, its exit code.
 *
 * @module
 */

import type { CommanderError } from 'commander'
import { CliError } from '../cli-error.ts'
import type { Complaint } from '../terminal.ts'

/** azcmagent's code for a failure without a code of its own. */
const UNKNOWN_FAILURE = 1

/** What each of commander's refusals is to us. Others mean that it showed the help that was asked for. */
const USAGE: Readonly<Record<string, 'usage' | 'argument_missing' | 'argument_invalid'>> = {
  'commander.conflictingOption': 'usage',
  'commander.excessArguments': 'usage',
  'commander.help': 'usage',
  'commander.invalidArgument': 'argument_invalid',
  'commander.missingArgument': 'argument_missing',
  'commander.missingMandatoryOptionValue': 'argument_missing',
  'commander.optionMissingArgument': 'argument_missing',
  'commander.unknownCommand': 'usage',
  'commander.unknownOption': 'usage',
}

/** How `error` ends the process. No complaint means that there is nothing more to say. */
export function explainFailure(error: unknown): { exitCode: number; complaint?: Complaint } {
  if (isCommanderError(error)) return explainUsage(error)
  if (error instanceof CliError) return { exitCode: error.exitCode, complaint: error }
  const { message, hint } = error as { message?: string; hint?: unknown }
  return {
    exitCode: UNKNOWN_FAILURE,
    complaint: { message: message || String(error), hints: typeof hint === 'string' ? [hint] : [] },
  }
}

/** By its code, since its class would be loaded with all that parses command lines. */
function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith('commander.')
}

function explainUsage(error: CommanderError): ReturnType<typeof explainFailure> {
  const code = USAGE[error.code]
  if (!code || error.exitCode === 0) return { exitCode: 0 }
  const usage = new CliError(code, readUsage(error.message))
  // commander has printed the help already where a command is missing altogether.
  return error.code === 'commander.help'
    ? { exitCode: usage.exitCode }
    : { exitCode: usage.exitCode, complaint: usage }
}

/** commander's "error: unknown option '--x'\n(Did you mean --y?)" in our voice. */
function readUsage(text: string): { detail: string; hints: string[] } {
  const [first = '', second] = text.split('\n')
  const detail = first
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .replaceAll("'", '"')
  const suggestion = second?.match(/\((?:Did you mean )(.*)\?\)/)?.[1]
  return {
    detail,
    hints: [
      suggestion
        ? `did you mean "${suggestion}"?`
        : '"landfast --help" and "landfast COMMAND --help" list what there is',
    ],
  }
}
