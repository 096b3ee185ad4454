/**
 * The flag `--fault` of the commands that start an endpoint of their own.
 *
 * @see docs/emulator.md#faults
 * @module
 */

import { describeFaults, EmulatorError, type FaultOptions, readFaults } from '@landfast/emulator/faults'
import { CliError } from '../cli-error.ts'

/** The faults of every `--fault`, in their order; undefined without any. @throws {CliError} `argument_invalid`. */
export function readFaultFlags(
  texts: readonly string[] | undefined,
  what = '"--fault"',
): readonly FaultOptions[] | undefined {
  try {
    return texts?.flatMap(readFaults)
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error
    throw new CliError('argument_invalid', { detail: `${what}: ${error.message}`, hints: describeFaults() })
  }
}
