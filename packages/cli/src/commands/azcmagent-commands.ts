/**
 * Commands of `azcmagent` that mean nothing here: each says what stands in its place and ends as an unsupported one does.
 *
 * @see https://learn.microsoft.com/azure/azure-arc/servers/azcmagent
 * @module
 */

import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'

const INSTEAD: Readonly<Record<string, string>> = {
  extension: 'Landfast runs no extensions: what they do, a package or a configuration tool of your own does',
  genkey: '"landfast connect" makes the key of the machine by itself',
  license: 'Landfast is under the Apache License 2.0; its text comes with the package',
  partnerconfig: 'there is nothing to configure for partners',
  reconnect: '"landfast connect" goes on where it was interrupted, and the agent renews its key by itself',
  upgrade: 'the package manager of this host upgrades Landfast: docs/install.md',
}

/** Adds the commands to `program`; help does not list them. */
export function addAzcmagentCommands(program: Command): void {
  for (const [name, instead] of Object.entries(INSTEAD)) addForeign(program, name, instead)
  const check = program.commands.find((command) => command.name() === 'check')
  if (check) addForeign(check, 'tpm', 'keys are in the state folder, and no TPM is used')
}

function addForeign(parent: Command, name: string, instead: string): void {
  parent
    .command(name, { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .helpCommand(false)
    .action(() => {
      throw new CliError('unsupported', { detail: `"${name}" is not supported`, hints: [instead] })
    })
}
