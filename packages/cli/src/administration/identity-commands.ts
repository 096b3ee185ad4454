/**
 * `landfast identity` and its flags.
 *
 * @module
 */

import type { Command } from 'commander'
import { IDENTITY_FEDERATE } from './federated-credential-commands.ts'
import type { Noun, Verb } from './noun.ts'
import type { PlaceFlags } from './resource-names.ts'
import { addPlace, addPlaceAndYes, addPlaceOrAll } from './verb-flags.ts'

const load = () => import('./identity.ts')

/** The commands. */
export const IDENTITY: Noun = {
  name: 'identity',
  description: 'make user-assigned identities and give them to machines',
  verbs: [
    {
      usage: 'list',
      description: 'list the identities',
      example: 'identity list',
      flags: addPlaceOrAll,
      load: async () => (await load()).listIdentities,
    },
    {
      usage: 'show <identity>',
      description: 'show an identity and the machines that have it',
      example: 'identity show backup',
      flags: addPlace,
      load: async () => (await load()).showIdentity,
    },
    {
      usage: 'create <identity>',
      description: 'make an identity, and its resource group if that is missing',
      example: 'identity create backup',
      flags: addNew,
      load: async () => (await load()).createIdentity,
    },
    {
      usage: 'delete <identity>',
      description: 'delete an identity for ever, and take it from every machine',
      example: 'identity delete backup',
      flags: addPlaceAndYes,
      load: async () => (await load()).deleteIdentity,
    },
    assigning('assign', 'give an identity to a machine'),
    assigning('unassign', 'take an identity from a machine'),
  ],
  nouns: [IDENTITY_FEDERATE],
}

function addNew(command: Command): Command {
  return addPlace(command)
    .option('-l, --location <location>', 'where it is (default: that of the resource group)')
    .option('--tags <tags>', 'NAME=VALUE,NAME=VALUE; a backslash before a comma or "=" that is meant')
}

function assigning(verb: 'assign' | 'unassign', description: string): Verb {
  const assigned = verb === 'assign'
  return {
    usage: `${verb} <identity>`,
    description,
    example: `identity ${verb} backup --machine web-1`,
    flags: (command) =>
      addPlace(command).requiredOption('-m, --machine <machine>', 'the machine, by name or id'),
    load: async () => {
      const { assignIdentity } = await load()
      return (session, name: string, flags: PlaceFlags & { machine: string }) =>
        assignIdentity(session, { name, assigned }, flags)
    },
  }
}
