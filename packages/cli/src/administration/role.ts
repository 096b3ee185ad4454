/**
 * `landfast role`: the roles of principals at the control plane.
 *
 * @see docs/roles.md
 * @module
 */

import { randomUUID } from 'node:crypto'
import { CliError } from '../cli-error.ts'
import { ROLES } from '../control-plane/api-versions.ts'
import { required } from '../flags.ts'
import { type Column, printDone, printFacts, printTable } from './answer.ts'
import { assignAppRole, listAppRoles, type RoleFlags, removeAppRole } from './app-role.ts'
import { type ConfirmationFlags, confirm } from './confirmation.ts'
import { isRefusal } from './refusal-advice.ts'
import { checkedScope, groupIdOf, scopePath, subscriptionPath } from './resource-names.ts'
import { quotedValue, type Role, resolveRole, roleNames } from './role-names.ts'
import type { Session } from './session.ts'

interface AssignmentBody {
  id: string
  name: string
  properties: { roleDefinitionId: string; principalId: string; scope: string }
}

const LIST = 'providers/Microsoft.Authorization/roleAssignments'

/** Gives a role; one that is there already is as good. */
export async function assign(session: Session, flags: RoleFlags): Promise<void> {
  if (flags.appRole !== undefined) return await assignAppRole(session, flags)
  const { scope, role, principalId } = await readDemand(session, flags)
  const properties = { roleDefinitionId: role.definitionId, principalId }
  const path = `${scopePath(scope)}/${LIST}/${randomUUID()}`
  const body = await session.client.call('PUT', path, { ...ROLES, body: { properties } }).then(
    (answer) => answer.body,
    async (error) => {
      const [kept] = isRefusal(error, 'RoleAssignmentExists')
        ? await find(session, { scope, role, principalId })
        : []
      if (kept) return kept
      throw error
    },
  )
  printFacts(body, columns(new Map([[role.id, role.name]])), flags)
}

/** Prints the assignments at, above and below a scope, or those alone that count there. */
export async function list(
  session: Session,
  flags: RoleFlags & { appRoles?: true; atScope?: true },
): Promise<void> {
  if (flags.appRoles) return await listAppRoles(session, flags)
  const scope = scopeOf(session, flags) ?? subscriptionPath(session, flags)
  const terms = [
    ...(flags.assignee ? [`principalId eq '${quotedValue(flags.assignee)}'`] : []),
    ...(flags.atScope ? ['atScope()'] : []),
  ]
  const rows = await assignmentsAt(session, scope, terms.join(' and '))
  if (flags.json) return printTable(rows, [], flags)
  const names = await assigneeNames(session, rows)
  const named = columns(await roleNames(session, scope)).toSpliced(1, 0, [
    'name',
    ({ properties }) => names.get(properties.principalId),
  ])
  printTable(rows, named, flags)
}

/** As many as one request may ask for. */
const NAMES_AT_ONCE = 1_000

/** The names of the principals that have a role, as far as the caller may see them. */
async function assigneeNames(
  { client }: Session,
  rows: readonly AssignmentBody[],
): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(rows.map(({ properties }) => properties.principalId))]
  const names = new Map<string, string>()
  for (let at = 0; at < ids.length; at += NAMES_AT_ONCE) {
    const body = { ids: ids.slice(at, at + NAMES_AT_ONCE) }
    const answer = await client.call('POST', '/v1.0/directoryObjects/getByIds', { body })
    const found = answer.body.value as { id: string; displayName: string }[]
    for (const { id, displayName } of found) names.set(id, displayName)
  }
  return names
}

/** Takes a role away, where it was given. */
export async function remove(session: Session, flags: RoleFlags & ConfirmationFlags): Promise<void> {
  if (flags.appRole !== undefined) return await removeAppRole(session, flags)
  const demand = await readDemand(session, flags)
  const { scope, role, principalId } = demand
  await confirm(`take the role ${role.name} at ${scope} from ${principalId}`, flags)
  const found = await find(session, demand)
  for (const { id } of found) await session.client.call('DELETE', id, ROLES)
  const ids = found.map(({ id }) => id)
  printDone(ids.length > 0 ? `removed: ${ids.join(', ')}` : NOT_THERE, { removed: ids }, flags)
}

const NOT_THERE = 'it was not there; a role is removed at the scope at which it was given'

interface Demand {
  scope: string
  role: Role
  principalId: string
}

async function readDemand(session: Session, flags: RoleFlags): Promise<Demand> {
  const principalId = required(flags, 'assignee', '--assignee')
  const role = required(flags, 'role', '--role')
  const scope = scopeOf(session, flags)
  if (scope === undefined) throw new CliError('argument_missing', NO_SCOPE)
  return { scope, principalId, role: await resolveRole(session, role, scope) }
}

const NO_SCOPE = {
  detail: 'nothing says where: "--resource-group" or "--scope" is missing',
  hints: [
    'name a resource group with --resource-group, or any other place with --scope: "/" is the whole tenant',
  ],
}

/** A group that is named is a scope as well. */
function scopeOf(session: Session, flags: RoleFlags): string | undefined {
  if (flags.scope !== undefined) return checkedScope(flags.scope)
  return flags.resourceGroup === undefined ? undefined : groupIdOf(session, flags)
}

async function find(session: Session, { scope, role, principalId }: Demand): Promise<AssignmentBody[]> {
  const found = await assignmentsAt(session, scope, `principalId eq '${quotedValue(principalId)}'`)
  return found.filter(
    ({ properties }) =>
      properties.scope.toLowerCase() === scope.toLowerCase() &&
      roleIdOf(properties.roleDefinitionId) === role.id,
  )
}

async function assignmentsAt({ client }: Session, scope: string, filter: string): Promise<AssignmentBody[]> {
  const query = new URLSearchParams({
    'api-version': ROLES.apiVersion,
    ...(filter !== '' && { $filter: filter }),
  })
  return (await client.list(`${scopePath(scope)}/${LIST}?${query}`)) as AssignmentBody[]
}

function columns(names: ReadonlyMap<string, string>): readonly Column<AssignmentBody>[] {
  return [
    ['role', ({ properties: { roleDefinitionId: id } }) => names.get(roleIdOf(id)) ?? roleIdOf(id)],
    ['assignee', ({ properties }) => properties.principalId],
    ['scope', ({ properties }) => properties.scope],
    ['id', ({ name }) => name],
  ]
}

/** The GUID in the ARM id of a role definition. */
function roleIdOf(definitionId: string): string {
  return definitionId.slice(definitionId.lastIndexOf('/') + 1).toLowerCase()
}
