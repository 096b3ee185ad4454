/**
 * The commands that try an application out with an identity, on any host: `run`, `dev`, `env` and `token`.
 *
 * @see docs/command-line.md
 * @module
 */

import { ARC_KEY_FOLDER, STYLE_NAMES, type StyleName } from '@landfast/protocol'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type End, example } from '../declaration.ts'
import { DEFAULT_RESOURCE, type TokenFlags } from '../endpoint/token-flags.ts'
import { TOKEN_FORMATS } from '../endpoint/token-formats.ts'
import { RUN_STYLES } from '../run/run-styles.ts'
import { readTokenVariable, type TokenVariable } from '../run/run-token-files.ts'
import { AWS_AUDIENCE, AWS_STS_URL } from '../settings/aws-rows.ts'
import { parsePort } from '../settings/setting-values.ts'
import type { DevFlags } from './dev.ts'
import type { EnvFlags } from './env.ts'
import type { FaultFlags } from './fault.ts'
import type { RunFlags } from './run.ts'

/** Every SDK accepts it anywhere, and it needs neither root nor a fixed folder. */
const DEFAULT_STYLE: StyleName = 'app-service'

/** How a fault is typed. */
const FAULT_FORMS =
  'a scenario such as "throttled", a status such as "429,retry-after=2,times=3", another one such as "latency=1.5", or "unassign=NAME", which takes an identity away'

/** Adds the commands to `program`. */
export function addRunCommands(program: Command, end: End): void {
  addRun(program, end)
  addDev(program, end)
  addEnv(program, end)
  addFault(program, end)
  addToken(program, end)
}

function addRun(program: Command, end: End): void {
  program
    .command('run')
    .description('run a command that has a managed identity, for as long as it runs')
    .argument('<command...>', 'the command and its arguments, after "--"')
    .passThroughOptions()
    .addOption(runStyleOption())
    .option('--keep-env', 'keep inherited variables that could lead SDKs elsewhere')
    .addOption(policyOption())
    .addOption(tokenFileOption())
    .addOption(faultOption())
    .addOption(withOption())
    .addOption(secretsOption())
    .addOption(roleOption())
    .addOption(identityOption())
    .addOption(identityRoleOption())
    .option('--show-secret', 'print the variables that the command is given')
    .addOption(
      folderOption('keep the identity in this folder for the next time (default: it ends with the command)'),
    )
    .addOption(new Option('--inside <outside>').hideHelp())
    .addHelpText('after', example('landfast run --as arc -- python3 app.py'))
    .action(async (command: string[], flags: RunFlags) => {
      const { run } = await import('./run.ts')
      end(await run(command, flags))
    })
}

function addDev(program: Command, end: End): void {
  program
    .command('dev')
    .description('run a control plane and an agent in the foreground')
    .addOption(styleOption())
    .addOption(portOption('the port (default: any free one; with --as arc 40342)'))
    .option(
      '--host <address>',
      'an address at which other hosts and containers get tokens by the secret, such as 0.0.0.0 (default: this host alone)',
    )
    .option(
      '--identity-header-file <file>',
      'the secret, if it is not to be a new one (or the variable LANDFAST_IDENTITY_HEADER)',
    )
    .option('--key-folder <dir>', `with --as arc: the folder of the key files (default: ${ARC_KEY_FOLDER})`)
    .option('--key-group <group>', 'with --as arc: who may read them beside you, such as himds')
    .addOption(policyOption())
    .addOption(tokenFileOption())
    .addOption(faultOption())
    .addOption(withOption())
    .addOption(secretsOption())
    .addOption(roleOption())
    .addOption(identityOption())
    .addOption(identityRoleOption())
    .addOption(stateOption('keep the identity in this folder for the next time (default: it ends with dev)'))
    .option('-j, --json', 'print one JSON line')
    .option('--show-secret', 'print the variables themselves, the secret among them')
    .addHelpText('after', example('landfast dev --state-dir ~/.landfast'))
    .action(async (flags: DevFlags) => {
      const { dev } = await import('./dev.ts')
      end(await dev(flags))
    })
}

function addEnv(program: Command, end: End): void {
  program
    .command('env')
    .description('print what leads a shell to a running "landfast dev"')
    .addOption(stateOption('the folder of that dev (default: the only one of yours that runs)'))
    .option('-j, --json', 'print one JSON line')
    .option('--show-secret', 'print the variables themselves, the secret among them')
    .addHelpText('after', example('eval "$(landfast env)"'))
    .action(async (flags: EnvFlags) => {
      const { env } = await import('./env.ts')
      end(await env(flags))
    })
}

function addFault(program: Command, end: End): void {
  program
    .command('fault')
    .description(
      'tell a running "landfast run" or "landfast dev" to have faults, and print those that it has',
    )
    .argument('[faults...]', `${FAULT_FORMS} until "assign=NAME"`)
    .option('--clear', 'end every fault first')
    .addOption(
      stateOption(
        'the folder of a dev (default: that of LANDFAST_FAULT_SOCKET, which run gives its command; without it the only dev of yours that runs)',
      ),
    )
    .option('-j, --json', 'print one JSON line')
    .addHelpText('after', example('landfast fault 429,retry-after=2,times=3'))
    .action(async (faults: string[], flags: FaultFlags, command: Command) => {
      const { fault } = await import('./fault.ts')
      const isStateDirTyped = command.getOptionValueSource('stateDir') === 'cli'
      end(await fault(faults, { ...flags, isStateDirTyped }))
    })
}

function addToken(program: Command, end: End): void {
  program
    .command('token')
    .description('ask the identity endpoint for a token, as an application would')
    .option(
      '--resource <uri>',
      `what the token is for (default: ${DEFAULT_RESOURCE}, for AWS ${AWS_AUDIENCE})`,
    )
    .option(
      '--client-id <id>',
      'whose it is, by the client id (default: the identity that the endpoint gives)',
    )
    .option('--bypass-cache', 'have the agent ask its authority for a new token, whatever it has')
    .addOption(formatOption())
    .option('--role-arn <arn>', 'with --format aws: the role of the credentials (AWS_ROLE_ARN)')
    .option(
      '--sts-url <url>',
      `with --format aws: where the Security Token Service is (AWS_ENDPOINT_URL_STS, default ${AWS_STS_URL})`,
    )
    .option('--decode', 'print what the token says instead; it is not verified')
    .option('-j, --json', 'print the whole answer as one JSON line')
    .addOption(folderOption('ask the "landfast dev" of this folder (default: where the variables lead)'))
    .option('--key-folder <dir>', 'the only folder in which a key file is read', ARC_KEY_FOLDER)
    .addHelpText('after', example('landfast run -- landfast token --decode'))
    .action(async (flags: TokenFlags) => {
      const { token } = await import('./token.ts')
      end(await token(flags))
    })
}

function formatOption(): Option {
  return new Option(
    '--format <format>',
    'print what the libraries of another cloud read from an executable; for Google a failure is an answer too, with exit code 0',
  )
    .choices(TOKEN_FORMATS)
    .conflicts(['decode', 'json'])
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

function tokenFileOption(): Option {
  return new Option(
    '--token-file <name=audience>',
    'keep a token for this audience in a file, whose path the variable gets; may be repeated',
  ).argParser((text: string, before: readonly TokenVariable[] | undefined) => {
    try {
      return readTokenVariable(text, before)
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message)
    }
  })
}

function faultOption(): Option {
  return new Option('--fault <fault>', `have a fault: ${FAULT_FORMS}; may be repeated`).argParser(collect)
}

function withOption(): Option {
  return new Option(
    '--with <services>',
    'start services beside it and lead to them: "azurite", "key-vault", "sql", "service-bus", "resource-manager", or several with commas between; may be repeated',
  ).argParser(collect)
}

function secretsOption(): Option {
  return new Option('--secrets <file>', 'with key-vault: what it holds from the start, as a JSON object')
}

function roleOption(): Option {
  return new Option(
    '--role <audience=role>',
    'an app role in tokens for this audience; may be repeated (default with key-vault: Key Vault Secrets Officer; with service-bus: Azure Service Bus Data Owner)',
  ).argParser(collect)
}

function identityOption(): Option {
  return new Option(
    '--identity <name>',
    'a user-assigned identity that the machine has beside its own, or as in "AZURE_CLIENT_ID=worker" with a variable that gets its client id; may be repeated',
  ).argParser(collect)
}

function identityRoleOption(): Option {
  return new Option(
    '--identity-role <name=audience=role>',
    'an app role of such an identity in tokens for this audience; may be repeated (default: it has none)',
  ).argParser(collect)
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

function styleOption(): Option {
  return new Option('--as <style>', 'how SDKs are answered').choices(STYLE_NAMES).default(DEFAULT_STYLE)
}

function stateOption(description: string): Option {
  return folderOption(description).env('LANDFAST_STATE_DIR')
}

function folderOption(description: string): Option {
  return new Option('--state-dir <dir>', description)
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
