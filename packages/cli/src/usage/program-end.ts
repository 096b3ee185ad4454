/**
 * Runs the program to its end: a failure is told in one line with its hints, and the exit code says which it was.
 *
 * @module
 */

import { CliError } from '../cli-error.ts'
import { endProcess } from '../output.ts'
import { printComplaint } from '../terminal.ts'
import { explainFailure } from './failure.ts'
import { endOnInterrupt } from './interruption.ts'

/** Runs `program` with the arguments of the process, and ends the process with the exit code that comes of it. */
export async function runToEnd(program: (args: readonly string[]) => Promise<number>): Promise<never> {
  endOnInterrupt()
  return await endProcess(await exitCodeOf(program), (cause) => {
    printComplaint(new CliError('output_unwritable', { detail: cause.message, cause }))
  })
}

async function exitCodeOf(program: (args: readonly string[]) => Promise<number>): Promise<number> {
  try {
    return await program(process.argv.slice(2))
  } catch (error) {
    const { exitCode, complaint } = explainFailure(error)
    if (complaint) printComplaint(complaint)
    return exitCode
  }
}
