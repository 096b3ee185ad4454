/**
 * The commands of `landfast` and their flags. The code of a command is loaded when it runs, so that help and small
 * commands stay quick.
 *
 * @module
 */

import { type Command, Option } from 'commander'
import { addAdministrationCommands } from './administration/administration-commands.ts'
import { addCheckCommands } from './check/check-commands.ts'
import { addAgent } from './commands/agent-command.ts'
import { addAzcmagentCommands } from './commands/azcmagent-commands.ts'
import { addConfigCommands } from './commands/config-commands.ts'
import type { DemoFlags } from './commands/demo.ts'
import { addInstallCommands } from './commands/install-commands.ts'
import { addMachineCommands } from './commands/machine-commands.ts'
import { addPolicyCommands } from './commands/policy-commands.ts'
import { addRunCommands } from './commands/run-commands.ts'
import { addControlPlane } from './commands/service-commands.ts'
import { addWorkloadCommands } from './commands/workload-commands.ts'
import { type End, example } from './declaration.ts'
import { addTrustCommands } from './trust/trust-commands.ts'
import { addCompletion } from './usage/completion-command.ts'
import { addHelpCommands, refuseUnknownHelp } from './usage/help-command.ts'
import { newProgram, runCommand } from './usage/new-program.ts'
import { version } from './version.ts'

/**
 * Runs the command line `args`, without the program's own name.
 *
 * @returns the exit code.
 * @throws {CommanderError} if `args` cannot be understood, and what the command throws.
 */
export async function runProgram(args: readonly string[]): Promise<number> {
  return await runCommand(args, createProgram, refuseUnknownHelp)
}

/** Every command with its flags. */
export function createProgram(end: End): Command {
  const program = newProgram()
  addRunCommands(program, end)
  addAgent(program, end)
  addMachineCommands(program, end)
  addCheckCommands(program, end)
  addConfigCommands(program, end)
  addInstallCommands(program, end)
  addPolicyCommands(program, end)
  addWorkloadCommands(program, end)
  addTrustCommands(program, end)
  addControlPlane(program, end)
  addAdministrationCommands(program, end)
  addDemo(program, end)
  addVersion(program, end)
  addCompletion(program, end)
  addAzcmagentCommands(program)
  addHelpCommands(program)
  return program
}

function addDemo(program: Command, end: End): void {
  program
    .command('demo')
    .description('take the tour: the challenge, an upload with an official SDK, a verification')
    .option('--examples <dir>', 'the folder of the example programs (default: examples)')
    .addOption(new Option('--inside <outside>').hideHelp())
    .addHelpText('after', example('landfast demo'))
    .action(async (flags: DemoFlags) => {
      const { demo } = await import('./commands/demo.ts')
      end(await demo(flags))
    })
}

function addVersion(program: Command, end: End): void {
  program
    .command('version')
    .description('print the version')
    .option('-j, --json', 'print one JSON line')
    .addHelpText('after', example('landfast version --json'))
    .action((flags: { json?: true }) => end(version(flags)))
}
