/**
 * The program `landfast`, behind `bin/landfast.js`.
 *
 * @module
 */

import { CliError } from './cli-error.ts'
import { endProcess } from './output.ts'
import { runProgram } from './program.ts'
import { printComplaint } from './terminal.ts'
import { explainFailure } from './usage/failure.ts'
import { endOnInterrupt } from './usage/interruption.ts'

endOnInterrupt()
await endProcess(await main(), (cause) => {
  printComplaint(new CliError('output_unwritable', { detail: cause.message, cause }))
})

async function main(): Promise<number> {
  try {
    return await runProgram(process.argv.slice(2))
  } catch (error) {
    const { exitCode, complaint } = explainFailure(error)
    if (complaint) printComplaint(complaint)
    return exitCode
  }
}
