/**
 * Role assignments, as tables show them.
 *
 * @module
 */

import { type Html, html } from '../html/html.ts'
import { table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { PortalApi } from '../inner/portal-api.ts'
import { MOST_ROWS, pathOfId, versioned } from '../inner/resource-paths.ts'

/** A role assignment as the API shows it. */
export interface AssignmentBody {
  id: string
  name: string
  properties: {
    scope: string
    roleDefinitionId: string
    principalId: string
    description?: string | null
    createdOn: string
  }
}

const LIST = '/providers/Microsoft.Authorization/roleAssignments'
const DEFINITIONS = '/providers/Microsoft.Authorization/roleDefinitions'

/** The names of the roles that can be given at the scope with this path, by their ids. */
export async function roleNames(api: PortalApi, scopePath: string): Promise<Map<string, string>> {
  const roles = await api.all(versioned(`${scopePath}${DEFINITIONS}`, 'roles'))
  return new Map(roles.map(({ name, properties }) => [name, properties.roleName]))
}

/** The role that an assignment gives. */
export function roleIdOf({ properties }: AssignmentBody): string {
  return properties.roleDefinitionId.split('/').at(-1) ?? ''
}

/**
 * What the principal may do where the resource is and everywhere else in its subscription, as far as the visitor may see it.
 */
export async function rolesOf(api: PortalApi, resourceId: string, principalId: string): Promise<Html> {
  const subscription = resourceId.split('/').slice(0, 3).join('/')
  for (const scope of [subscription, pathOfId(resourceId)]) {
    const found = await readRoles(api, scope, principalId)
    if (found) return found
  }
  return html`<p>Your account may not see roles here.</p>`
}

async function readRoles(api: PortalApi, scope: string, principalId: string): Promise<Html | undefined> {
  const filter = { ...MOST_ROWS, $filter: `principalId eq '${principalId}'` }
  const [list, names] = await Promise.all([
    api.all(versioned(`${scope}${LIST}`, 'roles', filter)).catch(unlessForbidden),
    roleNames(api, scope).catch(unlessForbidden),
  ])
  return list && names && assignedRoles(list, names)
}

function assignedRoles(assignments: readonly AssignmentBody[], names: ReadonlyMap<string, string>): Html {
  return table({
    caption: 'Roles',
    head: ['Role', 'Where', 'Description'],
    rows: assignments.map((one) => [
      shown(names.get(roleIdOf(one)) ?? roleIdOf(one)),
      shown(one.properties.scope),
      shown(one.properties.description),
    ]),
    empty: html`<p>It has no role here, so it may change nothing in this control plane. <a href="/portal/roles">Roles</a> are given there.</p>`,
  })
}
