/**
 * The commands of `landfast` and their flags. The code of a command is loaded when it runs, so that help and small
 * commands stay quick.
 *
 * @module
 */

import { ARC_KEY_FOLDER, STYLE_NAMES, type StyleName } from '@landfast/protocol'
import { Command, InvalidArgumentError, Option } from 'commander'
import { addAdministrationCommands } from './administration/administration-commands.ts'
import { CliError } from './cli-error.ts'
import type { ControlPlaneFlags } from './commands/control-plane.ts'
import type { AuditFlags } from './commands/control-plane-audit.ts'
import type { DemoFlags } from './commands/demo.ts'
import type { DevFlags } from './commands/dev.ts'
import type { EnvFlags } from './commands/env.ts'
import { addInstallCommands } from './commands/install-commands.ts'
import { addMachineCommands } from './commands/machine-commands.ts'
import { addPolicyCommands } from './commands/policy-commands.ts'
import type { RunFlags } from './commands/run.ts'
import type { TokenFlags } from './commands/token.ts'
import { RUN_STYLES } from './run/run-styles.ts'
import { AGENT_SETTINGS } from './settings/agent-settings.ts'
import { CONTROL_PLANE_SETTINGS, DATABASE_SETTINGS } from './settings/control-plane-settings.ts'
import { parsePort } from './settings/setting-values.ts'
import type { SettingFlags } from './settings/settings-sources.ts'
import { describeSetting, flagOf, type SettingRows } from './settings/settings-table.ts'
import { version, versionLine } from './version.ts'

/** Every SDK accepts it anywhere, and it needs neither root nor a fixed folder. */
const DEFAULT_STYLE: StyleName = 'app-service'

const DEFAULT_RESOURCE = 'https://management.azure.com'

/**
 * Runs the command line `args`, without the program's own name.
 *
 * @returns the exit code.
 * @throws {CommanderError} if `args` cannot be understood, and what the command throws.
 */
export async function runProgram(args: readonly string[]): Promise<number> {
  let exitCode = 0
  const program = createProgram((code) => {
    exitCode = code
  })
  await program.parseAsync(args, { from: 'user' })
  return exitCode
}

function createProgram(end: (exitCode: number) => void): Command {
  const program = new Command('landfast')
    .description('managed identity for servers that are not in Azure')
    .version(versionLine(), '-V, --version', 'print the version')
    .enablePositionalOptions()
    .exitOverride()
    // The code that catches the error prints it in our own form.
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', example('landfast run -- npm test'))
  addRun(program, end)
  addDev(program, end)
  addEnv(program, end)
  addToken(program, end)
  addAgent(program, end)
  addMachineCommands(program, end)
  addInstallCommands(program, end)
  addPolicyCommands(program, end)
  addControlPlane(program, end)
  addAdministrationCommands(program, end)
  addDemo(program, end)
  addVersion(program, end)
  return program
}

function addRun(program: Command, end: (exitCode: number) => void): void {
  program
    .command('run')
    .description('run a command that has a managed identity, for as long as it runs')
    .argument('<command...>', 'the command and its arguments, after "--"')
    .passThroughOptions()
    .addOption(runStyleOption())
    .option('--keep-env', 'keep inherited variables that could lead SDKs elsewhere')
    .addOption(policyOption())
    .option('--show-secret', 'print the variables that the command is given')
    .addOption(
      folderOption('keep the identity in this folder for the next time (default: it ends with the command)'),
    )
    .addOption(new Option('--inside <outside>').hideHelp())
    .addHelpText('after', example('landfast run --as arc -- python3 app.py'))
    .action(async (command: string[], flags: RunFlags) => {
      const { run } = await import('./commands/run.ts')
      end(await run(command, flags))
    })
}

function addDev(program: Command, end: (exitCode: number) => void): void {
  program
    .command('dev')
    .description('run a control plane and an agent in the foreground')
    .addOption(styleOption())
    .addOption(portOption('the port (default: any free one; with --as arc 40342)'))
    .option('--key-folder <dir>', `with --as arc: the folder of the key files (default: ${ARC_KEY_FOLDER})`)
    .option('--key-group <group>', 'with --as arc: who may read them beside you, such as himds')
    .addOption(policyOption())
    .addOption(stateOption('keep the identity in this folder for the next time (default: it ends with dev)'))
    .option('--json', 'print one JSON line')
    .option('--show-secret', 'print the variables themselves, the secret among them')
    .addHelpText('after', example('landfast dev --state-dir ~/.landfast'))
    .action(async (flags: DevFlags) => {
      const { dev } = await import('./commands/dev.ts')
      end(await dev(flags))
    })
}

function addEnv(program: Command, end: (exitCode: number) => void): void {
  program
    .command('env')
    .description('print what leads a shell to a running "landfast dev"')
    .addOption(stateOption('the folder of that dev (default: the only one of yours that has none)'))
    .option('--json', 'print one JSON line')
    .option('--show-secret', 'print the variables themselves, the secret among them')
    .addHelpText('after', example('eval "$(landfast env)"'))
    .action(async (flags: EnvFlags) => {
      const { env } = await import('./commands/env.ts')
      end(await env(flags))
    })
}

function addToken(program: Command, end: (exitCode: number) => void): void {
  program
    .command('token')
    .description('ask the identity endpoint for a token, as an application would')
    .option('--resource <uri>', 'what the token is for', DEFAULT_RESOURCE)
    .option('--decode', 'print what the token says instead; it is not verified')
    .option('--json', 'print the whole answer as one JSON line')
    .addOption(folderOption('ask the "landfast dev" of this folder (default: where the variables lead)'))
    .option('--key-folder <dir>', 'the only folder in which a key file is read', ARC_KEY_FOLDER)
    .addHelpText('after', example('landfast run -- landfast token --decode'))
    .action(async (flags: TokenFlags) => {
      const { token } = await import('./commands/token.ts')
      end(await token(flags))
    })
}

function addAgent(program: Command, end: (exitCode: number) => void): void {
  const command = program.command('agent').description('run the agent alone, as a service')
  addSettings(command, AGENT_SETTINGS)
    .addHelpText('after', example('landfast agent --config /etc/landfast/agent.yaml'))
    .action(async (flags: SettingFlags) => {
      const { agent } = await import('./commands/agent.ts')
      end(await agent(flags))
    })
}

function addControlPlane(program: Command, end: (exitCode: number) => void): void {
  const command = program
    .command('control-plane')
    .description('run the control plane: the registry of machines and the issuer of their tokens')
    .option('--json', 'print where it is as one JSON line')
  addSettings(command, CONTROL_PLANE_SETTINGS)
    .addHelpText('after', example('landfast control-plane --host 0.0.0.0 --url https://id.example.com:8443'))
    .action(async (flags: ControlPlaneFlags) => {
      const { controlPlane } = await import('./commands/control-plane.ts')
      end(await controlPlane(flags))
    })
  const reset = command
    .command('reset-administrator')
    .description(
      'make a new secret for an administrator whose file was lost; stop a control plane on SQLite first',
    )
    .option('--json', 'print one JSON line')
  addSettings(reset, DATABASE_SETTINGS)
    .addHelpText('after', example('landfast control-plane reset-administrator --state-dir /srv/landfast'))
    .action(async (flags: ControlPlaneFlags) => {
      const { resetAdministrator } = await import('./commands/reset-administrator.ts')
      end(await resetAdministrator(flags))
    })
  const accept = command
    .command('accept-restored')
    .description(
      'after a backup was restored: take the next heartbeat of each machine; stop a control plane on SQLite first',
    )
    .option('--json', 'print one JSON line')
  addSettings(accept, DATABASE_SETTINGS)
    .addHelpText('after', example('landfast control-plane accept-restored --state-dir /srv/landfast'))
    .action(async (flags: ControlPlaneFlags) => {
      const { acceptRestored } = await import('./commands/accept-restored.ts')
      end(await acceptRestored(flags))
    })
  addAudit(command, end)
}

function addAudit(command: Command, end: (exitCode: number) => void): void {
  command
    .command('audit')
    .description('list what was done and refused, from a control plane that runs')
    .option('--since <time>', 'a time, or how long ago: 15m, 1h, 7d', '1h')
    .option('--administrator <file>', 'what it is read by (default: administrator.json in the state folder)')
    .option('--state-dir <dir>', 'the state folder of the control plane')
    .option('--config <file>', 'the YAML file of the control plane (LANDFAST_CONFIG)')
    .option('--json', 'print JSON lines')
    .addHelpText('after', example('landfast control-plane audit --since 7d --json'))
    .action(async (flags: AuditFlags) => {
      const { controlPlaneAudit } = await import('./commands/control-plane-audit.ts')
      end(await controlPlaneAudit(flags))
    })
}

function addSettings(command: Command, rows: SettingRows): Command {
  command.option('--config <file>', 'a YAML file with any of the settings below (LANDFAST_CONFIG)')
  for (const name of Object.keys(rows)) command.option(flagOf(rows, name), describeSetting(rows, name))
  return command
}

function addDemo(program: Command, end: (exitCode: number) => void): void {
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

function addVersion(program: Command, end: (exitCode: number) => void): void {
  program
    .command('version')
    .description('print the version')
    .option('--json', 'print one JSON line')
    .addHelpText('after', example('landfast version --json'))
    .action((flags: { json?: true }) => end(version(flags)))
}

function runStyleOption(): Option {
  return new Option('--as <style>', 'how SDKs are answered').choices(RUN_STYLES).default(DEFAULT_STYLE)
}

function policyOption(): Option {
  return new Option(
    '--policy <file>',
    'the policy file to try: who may have which token (default: every caller that passes the proof of the style)',
  )
}

function styleOption(): Option {
  return new Option('--as <style>', 'how SDKs are answered').choices(STYLE_NAMES).default(DEFAULT_STYLE)
}

function stateOption(description: string): Option {
  return folderOption(description).env('LANDFAST_STATE_DIR')
}

function folderOption(description: string): Option {
  return new Option('--state-dir <dir>', description).argParser(parseFolder)
}

/** An empty name is not meant to be the present folder, nor is the flag that follows. */
function parseFolder(text: string): string {
  if (text.startsWith('--')) {
    const hints = ['a folder whose name begins so is written "./--NAME"']
    throw new CliError('argument_missing', { detail: `"--state-dir" has no folder before "${text}"`, hints })
  }
  if (text.trim() === '') throw new InvalidArgumentError('it must name a folder')
  return text
}

function portOption(description: string): Option {
  return new Option('--port <number>', description).argParser((text) => {
    try {
      return parsePort(text)
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message)
    }
  })
}

function example(line: string): string {
  return `\nExample:\n  ${line}\n`
}
