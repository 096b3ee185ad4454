/**
 * The program `landfast`, behind `bin/landfast.js`.
 *
 * @module
 */

import { explainFailure, explainOutput } from './failure.ts'
import { runProgram } from './program.ts'
import { printComplaint } from './terminal.ts'

// A reader that went away ("landfast dev 2>&1 | head -1") is no failure of ours, and what is started still has
// to be stopped, even if the output failed.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
const exitCode = await main()
const { errored } = process.stdout
process.exit((errored && finish(explainOutput(errored))) || exitCode)

async function main(): Promise<number> {
  try {
    return await runProgram(process.argv.slice(2))
  } catch (error) {
    return finish(explainFailure(error))
  }
}

function finish({ exitCode, complaint }: ReturnType<typeof explainFailure>): number {
  if (complaint) printComplaint(complaint)
  return exitCode
}
