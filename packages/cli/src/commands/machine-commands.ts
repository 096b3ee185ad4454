/**
 * The commands about this host as a machine of a control plane: `connect`, `disconnect`, `show`. Their flags are
 * those of `azcmagent` where it has the same.
 *
 * @see docs/connect.md
 * @module
 */

import type { EntraIssuer } from '@landfast/agent/entra'
import { type Command, Option } from 'commander'
import { addCredentialFileOptions } from '../control-plane/credential-options.ts'
import { type End, example } from '../declaration.ts'
import { addForeignFlags, considerForeignFlag, type ForeignFlagName } from '../machine/azcmagent-flags.ts'
import { STATE_FOLDER } from '../settings/agent-settings.ts'
import type { ConnectCommandFlags } from './connect.ts'
import type { ConnectEntraFlags } from './connect-entra.ts'
import type { DisconnectFlags } from './disconnect.ts'
import type { ShowFlags } from './show.ts'

/** Adds the commands to `program`. */
export function addMachineCommands(program: Command, end: End): void {
  addConnect(program, end)
  addDisconnect(program, end)
  addShow(program, end)
}

/** Flags of `azcmagent connect` that are none here. */
const CONNECT_FLAGS: readonly ForeignFlagName[] = [
  'user-tenant-id',
  'private-link-scope',
  'gateway-id',
  'automanage-profile',
  'ignore-network-check',
  'enable-automatic-upgrade',
  'use-aws-ec2-hostname',
  'identity-key-store',
  'use-device-code',
  'use-azcli',
  'service-principal-cert-thumbprint',
]

/** Those of `azcmagent disconnect`. */
const DISCONNECT_FLAGS: readonly ForeignFlagName[] = [
  'user-tenant-id',
  'use-device-code',
  'use-azcli',
  'service-principal-cert-thumbprint',
]

function addConnect(program: Command, end: End): void {
  const command = program
    .command('connect')
    .description('make this host a machine of a control plane, with an identity of its own')
    .option('--join-token-file <file>', 'the file that holds a join token; "-" is standard input')
    .option('--join-token <token>', 'the join token itself, which other users see (LANDFAST_JOIN_TOKEN)')
    .option('-n, --resource-name <name>', 'the name of the machine (default: that of the host)')
    .option('-l, --location <location>', 'where the machine is')
    .option('--tags <tags>', 'NAME=VALUE,NAME=VALUE; a backslash before a comma or "=" that is meant')
    .option('-s, --subscription-id <id>', 'without a join token: the subscription')
    .option('-g, --resource-group <name>', 'without a join token: the resource group, made if missing')
    .option('--config <file>', 'JSON or YAML with flags by their names; the command line comes before it')
    .option('--correlation-id <id>', 'a GUID by which the control plane logs what this command asks')
    .option('-v, --verbose', 'say more')
  addCredentialOptions(command)
  addEntraOptions(command)
  command.hook('preAction', async (_, acted) => {
    const { config } = acted.opts<{ config?: string }>()
    if (config === undefined) return
    const { applyFlagsFile } = await import('../machine/flags-file.ts')
    await applyFlagsFile(command, config)
  })
  addForeignFlags(command, CONNECT_FLAGS)
  addCommonOptions(command)
    .addHelpText('after', example('landfast connect --join-token-file join-token.txt'))
    .action(async (flags: ConnectCommandFlags & ConnectEntraFlags & AuthorityFlags) => {
      if (flags.authority === 'entra') {
        const { connectEntra } = await import('./connect-entra.ts')
        end(await connectEntra(flags))
        return
      }
      if (flags.cloud !== undefined) considerForeignFlag('cloud')
      const { connect } = await import('./connect.ts')
      end(await connect(flags))
    })
}

/** Which authority a command is about. */
interface AuthorityFlags {
  authority?: 'control-plane' | 'entra'
}

function addAuthorityOption(command: Command, description: string): Command {
  const option = new Option('--authority <authority>', description)
  return command.addOption(option.choices(['control-plane', 'entra']))
}

function addEntraOptions(command: Command): Command {
  return addAuthorityOption(command, 'who gives this host its tokens (default: control-plane)')
    .option('--client-id <id>', 'with --authority entra: the client id of the application')
    .option('--object-id <id>', 'with --authority entra: the object id of its service principal')
    .option('--cloud <cloud>', 'with --authority entra: public, usgov or china (default: public)')
    .option('--authority-host <url>', 'with --authority entra: https://HOST in place of that of the cloud')
    .option('--federated-identity <id>', 'the ARM id of the identity that proves it, without a certificate')
    .addOption(
      new Option(
        '--certificate-from <issuer>',
        'with --authority entra: who signs its certificate (default: self-signed, or as before)',
      ).choices(['self-signed', 'control-plane'] satisfies EntraIssuer[]),
    )
    .option('--rotate', 'with --authority entra: make the certificate that follows the present one')
}

function addDisconnect(program: Command, end: End): void {
  const command = program
    .command('disconnect')
    .description('delete this machine at its control plane, then what is kept of it here')
  addAuthorityOption(command, 'end this one alone (default: both)').option(
    '-f, --force-local-only',
    'forget it here alone; at its control plane it stays',
  )
  addCredentialOptions(command)
  addForeignFlags(command, DISCONNECT_FLAGS)
  addCommonOptions(command)
    .addHelpText(
      'after',
      example('landfast disconnect -i CLIENT_ID --service-principal-secret-file secret.txt'),
    )
    .action(async (flags: DisconnectFlags) => {
      const { disconnect } = await import('./disconnect.ts')
      end(await disconnect(flags))
    })
}

function addShow(program: Command, end: End): void {
  const command = program
    .command('show')
    .description('tell which machine this host is, and how it stands with its control plane')
    .argument('[properties...]', 'what to tell, by key or name (default: all)')
    .option('--os', 'tell about the operating system')
    .addOption(
      new Option('--admin-socket <path>', 'where the agent serves its health').env('LANDFAST_ADMIN_SOCKET'),
    )
  addCommonOptions(command)
    .addHelpText('after', example('landfast show resourceId status'))
    .action(async (properties: string[], flags: ShowFlags) => {
      const { show } = await import('./show.ts')
      end(await show(properties, flags))
    })
}

function addCredentialOptions(command: Command): void {
  addCredentialFileOptions(command)
    .option('-p, --service-principal-secret <secret>', 'the secret itself, which other users see')
    .option('--access-token <token>', 'an access token itself, which other users see')
    .option('--url <url>', 'the control plane, without a join token')
}

function addCommonOptions(command: Command): Command {
  const stateDir = new Option('--state-dir <dir>', 'the folder of this machine’s registration and key')
  const publicFile = new Option('--public-file <file>', 'what tells every user which machine this is')
  return command
    .addOption(stateDir.env('LANDFAST_STATE_DIR').default(STATE_FOLDER))
    .addOption(publicFile.env('LANDFAST_PUBLIC_FILE'))
    .option('-j, --json', 'print one JSON line')
}
