/**
 * The program before it has commands, and how its command line is run.
 *
 * @module
 */

import { Command } from 'commander'
import { type End, example, readValues } from '../declaration.ts'
import { writeOutput } from '../output.ts'
import { versionLine } from '../version.ts'

/** `landfast` without a command. */
export function newProgram(): Command {
  return new Command('landfast')
    .description('managed identity for servers that are not in Azure')
    .version(versionLine(), '-V, --version', 'print the version')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => writeOutput('stdout', text),
      writeErr: (text) => writeOutput('stderr', text),
      // The code that catches the error prints it in our own form.
      outputError: () => {},
    })
    .addHelpText('after', example('landfast run -- npm test'))
}

/**
 * Runs the command line `args`, without the program's own name, by the program that `create` makes; `refuse` may throw at
 * what the program itself would take.
 *
 * @returns the exit code.
 * @throws {CommanderError} if `args` cannot be understood, and what the command throws.
 */
export async function runCommand(
  args: readonly string[],
  create: (end: End) => Command,
  refuse: (program: Command, args: readonly string[]) => void = () => {},
): Promise<number> {
  let exitCode = 0
  const program = create((code) => {
    exitCode = code
  })
  readValues(program, args)
  refuse(program, args)
  await program.parseAsync(args, { from: 'user' })
  return exitCode
}
