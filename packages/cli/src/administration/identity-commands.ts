/**
 * `landfast identity` and its flags.
 *
 * @module
 */

import { FEDERATED_AUDIENCE } from '@landfast/protocol'
import type { Command } from 'commander'
import type { ConfirmationFlags } from './confirmation.ts'
import { addPlace, addVerb, addYes, type End } from './declaration.ts'
import type { FederateFlags } from './federated-credential.ts'
import type { PlaceFlags } from './resource-names.ts'
import { administer } from './session.ts'

const load = () => import('./identity.ts')
const loadFederated = () => import('./federated-credential.ts')

/** Adds the commands to `program`. */
export function addIdentityCommands(program: Command, end: End): void {
  const noun = program
    .command('identity')
    .description('make user-assigned identities and give them to machines')
  addReading(noun, end)
  addCreate(noun, end)
  const remove = {
    usage: 'delete <identity>',
    description: 'delete an identity for ever, and take it from every machine',
    example: 'identity delete backup',
  }
  addYes(addPlace(addVerb(noun, remove))).action(
    async (name: string, flags: PlaceFlags & ConfirmationFlags) =>
      end(await administer(async (session) => (await load()).deleteIdentity(session, name, flags))),
  )
  addAssignment(noun, end)
  addFederate(noun, end)
}

function addReading(noun: Command, end: End): void {
  const list = { usage: 'list', description: 'list the identities', example: 'identity list' }
  addPlace(addVerb(noun, list), 'default: all').action(async (flags: PlaceFlags) =>
    end(await administer(async (session) => (await load()).listIdentities(session, flags))),
  )
  const show = {
    usage: 'show <identity>',
    description: 'show an identity and the machines that have it',
    example: 'identity show backup',
  }
  addPlace(addVerb(noun, show)).action(async (name: string, flags: PlaceFlags) =>
    end(await administer(async (session) => (await load()).showIdentity(session, name, flags))),
  )
}

function addCreate(noun: Command, end: End): void {
  const create = {
    usage: 'create <identity>',
    description: 'make an identity, and its resource group if that is missing',
    example: 'identity create backup',
  }
  addPlace(addVerb(noun, create))
    .option('-l, --location <location>', 'where it is (default: that of the resource group)')
    .option('--tags <tags>', 'NAME=VALUE,NAME=VALUE; a backslash before a comma or "=" that is meant')
    .action(async (name: string, flags: PlaceFlags & { location?: string; tags?: string }) =>
      end(await administer(async (session) => (await load()).createIdentity(session, name, flags))),
    )
}

function addAssignment(noun: Command, end: End): void {
  for (const verb of ['assign', 'unassign'] as const) {
    const assigned = verb === 'assign'
    const description = assigned ? 'give an identity to a machine' : 'take an identity from a machine'
    const example = `identity ${verb} backup --machine web-1`
    addPlace(addVerb(noun, { usage: `${verb} <identity>`, description, example }))
      .requiredOption('-m, --machine <machine>', 'the machine, by name or id')
      .action(async (name: string, flags: PlaceFlags & { machine: string }) =>
        end(
          await administer(async (session) =>
            (await load()).assignIdentity(session, { name, assigned }, flags),
          ),
        ),
      )
  }
}

function addFederate(noun: Command, end: End): void {
  const federate = noun
    .command('federate')
    .description('let tokens of other issuers, such as those of CI jobs, be an identity')
  const add = {
    usage: 'add <identity>',
    description: 'trust the tokens of one issuer and subject, or change which',
    example:
      'identity federate add deploy --name main --issuer https://token.actions.githubusercontent.com --subject repo:ORG/REPO:ref:refs/heads/main',
  }
  addPlace(addVerb(federate, add))
    .requiredOption('--name <name>', 'what the credential is called')
    .requiredOption('--issuer <url>', '"iss" of the tokens, exactly')
    .requiredOption('--subject <subject>', '"sub" of the tokens, exactly')
    .option('--audience <audience>', '"aud" of the tokens', FEDERATED_AUDIENCE)
    .action(async (identity: string, flags: FederateFlags) =>
      end(
        await administer(async (session) =>
          (await loadFederated()).addFederatedCredential(session, identity, flags),
        ),
      ),
    )
  const list = {
    usage: 'list <identity>',
    description: 'list whose tokens are trusted',
    example: 'identity federate list deploy',
  }
  addPlace(addVerb(federate, list)).action(async (identity: string, flags: PlaceFlags) =>
    end(
      await administer(async (session) =>
        (await loadFederated()).listFederatedCredentials(session, identity, flags),
      ),
    ),
  )
  const remove = {
    usage: 'remove <identity> <name>',
    description: 'trust them no more',
    example: 'identity federate remove deploy main',
  }
  addYes(addPlace(addVerb(federate, remove))).action(
    async (identity: string, name: string, flags: PlaceFlags & ConfirmationFlags) =>
      end(
        await administer(async (session) =>
          (await loadFederated()).removeFederatedCredential(session, { identity, name }, flags),
        ),
      ),
  )
}
