/**
 * The commands that change the host as a whole: `install` and `uninstall`.
 *
 * @see docs/install.md
 * @module
 */

import { type Command, Option } from 'commander'
import { type End, example } from '../declaration.ts'
import type { InstallFlags } from './install.ts'
import type { UninstallFlags } from './uninstall.ts'

/** Adds the commands to `program`. */
export function addInstallCommands(program: Command, end: End): void {
  program
    .command('install')
    .description('make Landfast a service of this host, which Azure SDKs in all services and sessions find')
    .option('--marker-only', 'place only what SDKs look for: marker files and variables')
    .addOption(new Option('--for-package').hideHelp())
    .option('-j, --json', 'print one JSON line')
    .addHelpText('after', example('sudo landfast install'))
    .action(async (flags: InstallFlags) => {
      const { install } = await import('./install.ts')
      end(await install(flags))
    })
  program
    .command('uninstall')
    .description('undo "landfast install"; what the services keep stays')
    .option('--purge', 'remove that as well: keys, registrations, databases, settings, logs and users')
    .addOption(new Option('--for-package').hideHelp())
    .option('-j, --json', 'print one JSON line')
    .addHelpText('after', example('sudo landfast uninstall'))
    .action(async (flags: UninstallFlags) => {
      const { uninstall } = await import('./uninstall.ts')
      end(await uninstall(flags))
    })
}
