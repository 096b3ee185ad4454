/**
 * `landfast role` and its flags.
 *
 * @module
 */

import type { Command } from 'commander'
import type { Noun } from './noun.ts'
import { addPlace, addYes } from './verb-flags.ts'

const load = () => import('./role.ts')

/** The commands. */
export const ROLE: Noun = {
  name: 'role',
  description: 'give and take roles, and see who has which',
  verbs: [
    {
      usage: 'assign',
      description: 'give a role',
      example: 'role assign --role Reader --assignee OBJECT_ID --resource-group landfast',
      flags: addDemand,
      load: async () => (await load()).assign,
    },
    {
      usage: 'list',
      description: 'list who has which role at, above and below a scope',
      example: 'role list --assignee OBJECT_ID',
      flags: (command) =>
        addScope(command)
          .option('--at-scope', 'only what counts at the scope: roles there and above it')
          .option('--app-roles', 'list the app roles of the assignee instead'),
      load: async () => (await load()).list,
    },
    {
      usage: 'remove',
      description: 'take a role, where it was given',
      example: 'role remove --role Reader --assignee OBJECT_ID --scope /',
      flags: (command) => addYes(addDemand(command)),
      load: async () => (await load()).remove,
    },
  ],
}

function addDemand(command: Command): Command {
  return addScope(command)
    .option('--role <role>', 'the name of a built-in role, or its GUID')
    .option('--app-role <role>', 'instead: what tokens carry in their claim "roles"')
    .option('--resource <audience>', 'with --app-role: the tokens for this audience')
}

function addScope(command: Command): Command {
  return addPlace(
    command
      .option('-a, --assignee <id>', 'the object id of a machine, identity, service principal, group or user')
      .option('--scope <scope>', '"/", or the id of a subscription, resource group or resource'),
    'as a scope',
  )
}
