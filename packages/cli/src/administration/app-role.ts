/**
 * App roles: the claim `roles` in a principal's tokens for one audience.
 *
 * @see docs/authority.md
 * @module
 */

import { required } from '../flags.ts'
import { type AnswerFlags, type Column, printDone, printFacts, printTable } from './answer.ts'
import { type ConfirmationFlags, confirm } from './confirmation.ts'
import type { PlaceFlags } from './resource-names.ts'
import type { Session } from './session.ts'

/** The flags that name one role of one principal, as commander reads them. */
export interface RoleFlags extends PlaceFlags {
  role?: string
  assignee?: string
  scope?: string
  appRole?: string
  resource?: string
}

interface AppRole {
  principalId: string
  resource: string
  role: string
}

const PATH = '/landfast/v1/app-role-assignments'

const COLUMNS: readonly Column<AppRole>[] = [
  ['app role', ({ role }) => role],
  ['resource', ({ resource }) => resource],
  ['assignee', ({ principalId }) => principalId],
]

/** Gives one. */
export async function assignAppRole({ client }: Session, flags: RoleFlags): Promise<void> {
  const { body } = await client.call('POST', PATH, { body: readAppRole(flags) })
  printFacts(body, COLUMNS, flags)
}

/** Prints those of one principal. */
export async function listAppRoles({ client }: Session, flags: RoleFlags & AnswerFlags): Promise<void> {
  const query = new URLSearchParams({ principalId: required(flags, 'assignee', '--assignee') })
  printTable(await client.list(`${PATH}?${query}`), COLUMNS, flags)
}

/** Takes one away. */
export async function removeAppRole(
  { client }: Session,
  flags: RoleFlags & ConfirmationFlags,
): Promise<void> {
  const appRole = readAppRole(flags)
  const text = `${appRole.role} for ${appRole.resource}`
  await confirm(`take the app role ${text} from ${appRole.principalId}`, flags)
  await client.call('DELETE', `${PATH}?${new URLSearchParams({ ...appRole })}`)
  printDone(`removed: ${text}`, { removed: [appRole] }, flags)
}

function readAppRole(flags: RoleFlags): AppRole {
  return {
    principalId: required(flags, 'assignee', '--assignee'),
    resource: required(flags, 'resource', '--resource'),
    role: required(flags, 'appRole', '--app-role'),
  }
}
