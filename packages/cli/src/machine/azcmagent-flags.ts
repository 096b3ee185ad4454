/**
 * Flags of `azcmagent` that scripts give and that mean nothing here: what stands in their place, and whether the command goes
 * on without them. It does not where it would do something weaker or other than the script asks for.
 *
 * @see https://learn.microsoft.com/azure/azure-arc/servers/azcmagent-connect
 * @see docs/connect.md#scripts-for-azcmagent
 * @module
 */

import { type Command, Option } from 'commander'
import { CliError } from '../cli-error.ts'
import { printNote } from '../terminal.ts'

interface ForeignFlag {
  flags: string
  /** A clause that says what stands in its place. */
  instead: string
  /** Whether the command goes on without it. */
  goesOn: boolean
}

/** Each by its long name without dashes. */
const FOREIGN_FLAGS = {
  cloud: {
    flags: '--cloud <name>',
    goesOn: true,
    instead: 'the control plane of --url or of the join token is the cloud',
  },
  'user-tenant-id': {
    flags: '--user-tenant-id <id>',
    goesOn: true,
    instead: 'no person signs in here, so there is no tenant of a person',
  },
  'automanage-profile': {
    flags: '--automanage-profile <id>',
    goesOn: true,
    instead: 'Landfast has no machine best practices',
  },
  'ignore-network-check': {
    flags: '--ignore-network-check',
    goesOn: true,
    instead: '"landfast check" looks at the network, and only if it is run',
  },
  'enable-automatic-upgrade': {
    flags: '--enable-automatic-upgrade',
    goesOn: true,
    instead: 'the package manager of this host upgrades Landfast',
  },
  'use-device-code': {
    flags: '--use-device-code',
    goesOn: false,
    instead:
      'no person signs in here: give --join-token-file, or --access-token-file with a token of the control plane',
  },
  'use-azcli': {
    flags: '--use-azcli',
    goesOn: false,
    instead: 'give --access-token-file with what "az account get-access-token" prints for the control plane',
  },
  'service-principal-cert-thumbprint': {
    flags: '--service-principal-cert-thumbprint <thumbprint>',
    goesOn: false,
    instead: 'there is no certificate store: give --service-principal-cert with a PEM file',
  },
  'private-link-scope': {
    flags: '--private-link-scope <id>',
    goesOn: false,
    instead: 'the address decides the way: give --url with a name that leads into the private network',
  },
  'gateway-id': {
    flags: '--gateway-id <id>',
    goesOn: false,
    instead: 'there is no gateway service: a proxy of your own leads to the control plane',
  },
  'use-aws-ec2-hostname': {
    flags: '--use-aws-ec2-hostname',
    goesOn: false,
    instead: 'give the name with --resource-name',
  },
  'identity-key-store': {
    flags: '--identity-key-store <store>',
    goesOn: false,
    instead: 'the key is kept in the state folder, for the agent’s user alone',
  },
  'enable-pls-check': {
    flags: '-p, --enable-pls-check',
    goesOn: true,
    instead: 'the address of --url is looked at, private or not',
  },
  extensions: { flags: '-e, --extensions <names>', goesOn: true, instead: 'Landfast runs no extensions' },
  'include-all': { flags: '--include-all', goesOn: true, instead: 'all is looked at anyway' },
  location: {
    flags: '-l, --location <location>',
    goesOn: true,
    instead: 'the control plane of --url is looked at, wherever it is',
  },
} as const satisfies Record<string, ForeignFlag>

/** A flag of azcmagent alone. */
export type ForeignFlagName = keyof typeof FOREIGN_FLAGS

/** Lets `command` understand `names`; before it runs, it is said what stands in the place of those given. */
export function addForeignFlags(command: Command, names: readonly ForeignFlagName[]): void {
  for (const name of names) command.addOption(new Option(FOREIGN_FLAGS[name].flags).hideHelp())
  command.hook('preAction', () => {
    for (const name of names) {
      const option = command.options.find(({ long }) => long === `--${name}`)
      if (option && command.getOptionValue(option.attributeName()) !== undefined) considerForeignFlag(name)
    }
  })
}

/** Says what stands in the place of a flag that was given. @throws {CliError} `unsupported`. */
export function considerForeignFlag(name: ForeignFlagName): void {
  const { goesOn, instead } = FOREIGN_FLAGS[name]
  if (goesOn) printNote(`--${name} changes nothing: ${instead}`)
  else throw new CliError('unsupported', { detail: `--${name} is not supported`, hints: [instead] })
}
