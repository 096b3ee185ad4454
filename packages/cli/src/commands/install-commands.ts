/**
 * The commands that change the host as a whole: `install` and `uninstall`.
 *
 * @see docs/install.md
 * @module
 */

import type { Command } from 'commander'
import { type End, example } from '../declaration.ts'
import type { InstallFlags } from './install.ts'
import type { UninstallFlags } from './uninstall.ts'

/** Adds the commands to `program`. */
export function addInstallCommands(program: Command, end: End): void {
  program
    .command('install')
    .description('lead Azure SDKs in all services and sessions of this host to its agent')
    .requiredOption('--marker-only', 'place only what SDKs look for: marker files and variables')
    .option('-j, --json', 'print one JSON line')
    .addHelpText('after', example('sudo landfast install --marker-only'))
    .action(async (flags: InstallFlags) => {
      const { install } = await import('./install.ts')
      end(await install(flags))
    })
  program
    .command('uninstall')
    .description('remove what "landfast install" placed')
    .option('-j, --json', 'print one JSON line')
    .addHelpText('after', example('sudo landfast uninstall'))
    .action(async (flags: UninstallFlags) => {
      const { uninstall } = await import('./uninstall.ts')
      end(await uninstall(flags))
    })
}
