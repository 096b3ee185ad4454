/**
 * `landfast completion SHELL`: prints the script by which a shell completes the command line.
 *
 * @see docs/command-line.md#landfast-completion
 * @module
 */

import { Argument, type Command } from 'commander'
import { type End, example } from '../declaration.ts'
import { printForShell } from '../terminal.ts'
import { commandTree } from './command-tree.ts'
import { completionFor, SHELLS, type Shell } from './completion.ts'

/** Adds `completion` to `program`, of which it tells. */
export function addCompletion(program: Command, end: End): void {
  program
    .command('completion')
    .description('print what makes a shell complete commands, flags and values')
    .addArgument(new Argument('<shell>', 'for which shell').choices(SHELLS))
    .addHelpText('after', example('eval "$(landfast completion bash)"'))
    .action((shell: Shell) => {
      printForShell(completionFor(shell, commandTree(program)).trimEnd())
      end(0)
    })
}
