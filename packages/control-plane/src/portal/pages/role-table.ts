/**
 * Role assignments, as tables show them.
 *
 * @module
 */

import type { Sentence } from '../html/done.ts'
import { type Html, html } from '../html/html.ts'
import { actionForm, link, table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { ifAllowed, mayDo, whoMay } from '../inner/allowed.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { PortalApi } from '../inner/portal-api.ts'
import { MOST_ROWS, nameIn, pathOfId, versioned } from '../inner/resource-paths.ts'
import type { PageRequest } from '../page.ts'

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
  return nameIn(properties.roleDefinitionId)
}

/** What was done with a role, for the page that it was done on. */
export const ROLE_DONE: Readonly<Record<string, Sentence>> = {
  'role-taken': ({ what, whose, where }) =>
    html`The role ${shown(what)} at ${shown(where)} was taken away from ${shown(whose)}. It counts no more from the next request on.`,
}

/** Whose roles a page shows, and where: there and everywhere else in its subscription. */
export interface RoleHolder {
  principalId: string
  name: string
  /** The resource that it is, or a subscription. */
  resourceId: string
  /** The page, below `/portal`. */
  path: string
}

/** What the holder may do, as far as the visitor may see it, with the ways to change that. */
export async function rolesOf(request: PageRequest, holder: RoleHolder): Promise<Html> {
  const [roles, appRoles] = await Promise.all([
    rolesHere(request, holder),
    appRolesOf(request.api, holder.principalId),
  ])
  return html`${roles}${appRoles}`
}

/** What its tokens say of it at other services; nothing where that is nothing. */
async function appRolesOf(api: PortalApi, principalId: string): Promise<Html | false> {
  const path = `/landfast/v1/app-role-assignments?${new URLSearchParams({ principalId })}`
  const roles = await api.all(path).catch(unlessForbidden)
  if (!roles?.length) return false
  return html`<h3>App roles</h3>
<p>Its tokens for an audience have these in the claim <code>roles</code>.</p>
${table({
  caption: 'App roles',
  head: ['Role', 'Audience'],
  rows: roles.map(({ role, resource }) => [shown(role), shown(resource)]),
  empty: html``,
})}`
}

async function rolesHere(request: PageRequest, holder: RoleHolder): Promise<Html> {
  const { resourceId } = holder
  const subscription = resourceId.split('/').slice(0, 3).join('/')
  for (const scope of [subscription, pathOfId(resourceId)]) {
    const found = await readRoles(request, holder, scope)
    if (found) return found
  }
  return html`<p>Your account may not see roles here.</p>`
}

async function readRoles(request: PageRequest, holder: RoleHolder, scope: string): Promise<Html | undefined> {
  const { api } = request
  const filter = { ...MOST_ROWS, $filter: `principalId eq '${holder.principalId}'` }
  const [list, names] = await Promise.all([
    api.all(versioned(`${scope}${LIST}`, 'roles', filter)).catch(unlessForbidden),
    roleNames(api, scope).catch(unlessForbidden),
  ])
  return list && names && assignedRoles(list, names, { request, holder })
}

function assignedRoles(
  assignments: readonly AssignmentBody[],
  names: ReadonlyMap<string, string>,
  { request, holder }: { request: PageRequest; holder: RoleHolder },
): Html {
  const { principalId, name: whose, path: back } = holder
  const isForbidden = ({ properties }: AssignmentBody) => !mayDo(request.rights, 'takeRole', properties.scope)
  return html`${table({
    caption: 'Roles',
    head: ['Role', 'Where', 'Why', 'Change'],
    rows: assignments.map((one) => [
      shown(names.get(roleIdOf(one)) ?? roleIdOf(one)),
      shown(one.properties.scope),
      shown(one.properties.description),
      takeForm(one, { request, back, whose, what: names.get(roleIdOf(one)) }),
    ]),
    empty: html`<p>It has no role here, so it may change nothing in this control plane.</p>`,
  })}
${assignments.some(isForbidden) && html`<p class="small">Not every role can be taken away. ${whoMay('takeRole')}</p>`}
${ifAllowed(request.rights, ['giveRole'], html`<p><a href="${link('/roles', { principal: principalId })}">Give it a role</a></p>`)}`
}

/** Where a form that takes a role away stands, and what it says of the role. */
export interface TakenRole {
  request: Pick<PageRequest, 'rights' | 'formToken'>
  /** The page, below `/portal`. */
  back: string
  /** The name of who has it. */
  whose: string
  /** The name of the role. */
  what: string | undefined
  button?: string
}

/** The form that takes a role away; nothing for who may not. */
export function takeForm(one: AssignmentBody, taken: TakenRole): Html | string {
  const { request, back, whose, what = roleIdOf(one), button = 'Take away' } = taken
  const { scope: where } = one.properties
  if (!mayDo(request.rights, 'takeRole', where)) return shown(undefined)
  const hidden = { scope: where, assignment: one.name, what, whose }
  return actionForm({
    ...{ to: '/roles/remove', back, formToken: request.formToken, button, danger: true },
    of: `${what} from ${whose} at ${where}`,
    fields: Object.entries(hidden).map(
      ([field, value]) => html`<input type="hidden" name="${field}" value="${value}">`,
    ),
  })
}
