/**
 * `landfast identity federate` and its flags.
 *
 * @module
 */

import { FEDERATED_AUDIENCE } from '@landfast/protocol'
import type { Command } from 'commander'
import type { ConfirmationFlags } from './confirmation.ts'
import type { Noun } from './noun.ts'
import type { PlaceFlags } from './resource-names.ts'
import { addPlace, addPlaceAndYes } from './verb-flags.ts'

const load = () => import('./federated-credential.ts')

/** The commands. */
export const IDENTITY_FEDERATE: Noun = {
  name: 'federate',
  description: 'let tokens of other issuers, such as those of CI jobs, be an identity',
  verbs: [
    {
      usage: 'add <identity>',
      description: 'trust the tokens of one issuer and subject, or of many subjects, or change which',
      example:
        'identity federate add deploy --name main --issuer https://token.actions.githubusercontent.com --subject repo:ORG/REPO:ref:refs/heads/main',
      flags: addCredential,
      load: async () => (await load()).addFederatedCredential,
    },
    {
      usage: 'list <identity>',
      description: 'list whose tokens are trusted',
      example: 'identity federate list deploy',
      flags: addPlace,
      load: async () => (await load()).listFederatedCredentials,
    },
    {
      usage: 'remove <identity> <name>',
      description: 'trust them no more',
      example: 'identity federate remove deploy main',
      flags: addPlaceAndYes,
      load: async () => {
        const { removeFederatedCredential } = await load()
        return (session, identity: string, name: string, flags: PlaceFlags & ConfirmationFlags) =>
          removeFederatedCredential(session, { identity, name }, flags)
      },
    },
  ],
}

function addCredential(command: Command): Command {
  return addPlace(command)
    .requiredOption('--name <name>', 'what the credential is called')
    .requiredOption('--issuer <url>', '"iss" of the tokens, exactly')
    .option(
      '--subject <subject>',
      '"sub" of the tokens, exactly; at GitHub it begins with repo:ORG@ORG_ID/REPO@REPO_ID, or for older repositories with repo:ORG/REPO; at GitLab with project_path:GROUP/PROJECT or project_id:ID',
    )
    .option(
      '--claims-matching-expression <text>',
      `in its place, for many subjects: claims['sub'] matches 'repo:ORG@ORG_ID/REPO@REPO_ID:ref:refs/heads/*', with "eq" and " and " as well`,
    )
    .option('--audience <audience>', '"aud" of the tokens', FEDERATED_AUDIENCE)
}
