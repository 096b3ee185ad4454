/**
 * The commands that tell how this host stands: `check` and `logs`.
 *
 * @see docs/check.md
 * @module
 */

import { type Command, Option } from 'commander'
import { addProxyOptions } from '../control-plane/credential-options.ts'
import { type End, example } from '../declaration.ts'
import { addForeignFlags } from '../machine/azcmagent-flags.ts'
import type { CheckFlags } from './check.ts'
import type { LogsFlags } from './logs.ts'

/** Adds the commands to `program`. */
export function addCheckCommands(program: Command, end: End): void {
  addCheck(program, end)
  addLogs(program, end)
}

function addCheck(program: Command, end: End): void {
  const command = program
    .command('check')
    .description(
      'say what of this host and of the way to its control plane is well, and how to cure what is not',
    )
    .option('--url <url>', 'the control plane, before this host is connected')
    .option('--ca-file <file>', 'the certificate of its CA (PEM), unless this host trusts it anyway')
    .option('--use-system-ca', 'trust the CAs of this host beside that')
    .option('--user <name>', 'for whom the key group is looked at (default: who runs this)')
  addProxyOptions(command)
  addForeignFlags(command, ['location', 'cloud', 'enable-pls-check', 'extensions', 'include-all'])
  addHostOptions(command)
    .option('-j, --json', 'print one JSON line: a list of findings')
    .addHelpText('after', example('landfast check --url https://id.example.com:8443'))
    .action(async (flags: CheckFlags) => {
      const { check } = await import('./check.ts')
      end(await check(flags))
    })
}

function addLogs(program: Command, end: End): void {
  const command = program
    .command('logs')
    .description('write one archive with what support needs to see, and with nothing secret in it')
    .option('-o, --output <file>', 'the archive (default: landfast-logs-TIME-HOST.tar.gz in this folder)')
    .option('-f, --full', 'take all of the journal and the audit log, up to 16 MiB each')
  addHostOptions(command)
    .option('-j, --json', 'print one JSON line')
    .addHelpText('after', example('sudo landfast logs --output /tmp/landfast-logs.tar.gz'))
    .action(async (flags: LogsFlags) => {
      const { logs } = await import('./logs.ts')
      end(await logs(flags))
    })
}

/** Where the agent of this host has its settings, state and health. */
function addHostOptions(command: Command): Command {
  const stateDir = new Option('--state-dir <dir>', 'the folder of this machine’s registration and key')
  const publicFile = new Option('--public-file <file>', 'what tells every user which machine this is')
  const adminSocket = new Option('--admin-socket <path>', 'where the agent serves its health')
  return command
    .option(
      '--config <file>',
      'the settings file of the agent (LANDFAST_CONFIG, default /etc/landfast/agent.yaml)',
    )
    .addOption(stateDir)
    .addOption(publicFile)
    .addOption(adminSocket)
}
