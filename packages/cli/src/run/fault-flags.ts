/**
 * The flag `--fault` of the commands that start an endpoint of their own.
 *
 * @see docs/emulator.md#faults
 * @module
 */

import { EmulatorError, type FaultOptions, readFaults } from '@landfast/emulator/faults'
import { CliError } from '../cli-error.ts'

/** The faults of every `--fault`, in their order; undefined without any. @throws {CliError} `argument_invalid`. */
export function readFaultFlags(texts: readonly string[] | undefined): readonly FaultOptions[] | undefined {
  try {
    return texts?.flatMap(readFaults)
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error
    const hints = ['write it as in "throttled", "429,retry-after=2,times=3" or "latency=1.5"']
    throw new CliError('argument_invalid', { detail: `"--fault": ${error.message}`, hints })
  }
}
