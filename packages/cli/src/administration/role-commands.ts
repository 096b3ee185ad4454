/**
 * `landfast role` and its flags.
 *
 * @module
 */

import type { Command } from 'commander'
import type { ConfirmationFlags } from './confirmation.ts'
import { addPlace, addVerb, addYes, type End } from './declaration.ts'
import type { RoleFlags } from './role-flags.ts'
import { administer } from './session.ts'

const load = () => import('./role.ts')

/** Adds the commands to `program`. */
export function addRoleCommands(program: Command, end: End): void {
  const noun = program.command('role').description('give and take roles, and see who has which')
  const assign = {
    usage: 'assign',
    description: 'give a role',
    example: 'role assign --role Reader --assignee OBJECT_ID --resource-group landfast',
  }
  addDemand(addVerb(noun, assign)).action(async (flags: RoleFlags) =>
    end(await administer(async (session) => (await load()).assign(session, flags))),
  )
  const list = {
    usage: 'list',
    description: 'list who has which role at, above and below a scope',
    example: 'role list --assignee OBJECT_ID',
  }
  addScope(addVerb(noun, list))
    .option('--app-roles', 'list the app roles of the assignee instead')
    .action(async (flags: RoleFlags & { appRoles?: true }) =>
      end(await administer(async (session) => (await load()).list(session, flags))),
    )
  const remove = {
    usage: 'remove',
    description: 'take a role, where it was given',
    example: 'role remove --role Reader --assignee OBJECT_ID --scope /',
  }
  addYes(addDemand(addVerb(noun, remove))).action(async (flags: RoleFlags & ConfirmationFlags) =>
    end(await administer(async (session) => (await load()).remove(session, flags))),
  )
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
      .option('-a, --assignee <id>', 'the object id of a machine, identity or service principal')
      .option('--scope <scope>', '"/", or the id of a subscription, resource group or resource'),
    'as a scope',
  )
}
