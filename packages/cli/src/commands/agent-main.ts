/**
 * `landfast agent` without the other commands: what a service starts with.
 *
 * @module
 */

import { newProgram, runCommand } from '../usage/new-program.ts'
import { runToEnd } from '../usage/program-end.ts'
import { addAgent } from './agent-command.ts'

// Not awaited: the build makes CommonJS of it.
void runToEnd((args) =>
  runCommand(args, (end) => {
    const program = newProgram()
    addAgent(program, end)
    return program
  }),
)
