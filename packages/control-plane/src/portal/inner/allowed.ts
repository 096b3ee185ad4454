/**
 * What the visitor may do, so that a page shows no form that would be refused, and which roles allow what it does not show. Each
 * action is checked by its route as well.
 *
 * @see docs/roles.md
 * @module
 */

import { permits } from '../../authorization/action-pattern.ts'
import type { Rights } from '../../authorization/authorization.ts'
import { ROLE_DEFINITIONS } from '../../authorization/role-definitions.ts'
import { type Html, html } from '../html/html.ts'

const GIVE_ROLES = 'Microsoft.Authorization/roleAssignments/write'
const MACHINES = 'Microsoft.HybridCompute/machines'
const IDENTITIES = 'Microsoft.ManagedIdentity/userAssignedIdentities'
const CREDENTIALS = `${IDENTITIES}/federatedIdentityCredentials`

/** The actions that each deed needs, all of them. */
const NEEDED = {
  giveRole: [GIVE_ROLES],
  takeRole: ['Microsoft.Authorization/roleAssignments/delete'],
  changeMachine: [`${MACHINES}/write`],
  endMachine: [`${MACHINES}/delete`],
  makeIdentity: [`${IDENTITIES}/write`],
  listHolders: [`${IDENTITIES}/listAssociatedResources/action`],
  assignIdentity: [`${IDENTITIES}/assign/action`],
  deleteIdentity: [`${IDENTITIES}/delete`],
  trustIssuer: [`${CREDENTIALS}/write`],
  distrustIssuer: [`${CREDENTIALS}/delete`],
  // Who may give a principal credentials could act as it.
  changeAccounts: ['Landfast.Identity/servicePrincipals/write', GIVE_ROLES],
  rotateKeys: ['Landfast.Identity/signingKeys/rotate/action'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** Something that a person can do with the portal. */
export type Deed = keyof typeof NEEDED

/** Whether `rights` has all of `deed` at `scope`; without one, anywhere. */
export function mayDo(rights: Rights, deed: Deed, scope?: string): boolean {
  return NEEDED[deed].every((action) =>
    scope === undefined ? rights.scopesFor(action).length > 0 : rights(action, scope),
  )
}

/** `form` if the visitor may do `deed` at `scope`, else a sentence that says who may. */
export function ifAllowed(rights: Rights, [deed, scope]: readonly [Deed, scope?: string], form: Html): Html {
  return mayDo(rights, deed, scope) ? form : html`<p class="small">${whoMay(deed)}</p>`
}

/** Says which roles allow `deed`. */
export function whoMay(deed: Deed): string {
  const what = deed === 'listHolders' ? 'see this' : 'do this here'
  return `Your account may not ${what}. ${allowedBy(NEEDED[deed])}`
}

/** Says which roles allow `action`, which was refused. */
export function whoMayDo(action: string): string {
  const isOfAccounts = /^Landfast\.Identity\/(?!signingKeys\/).*(?<!\/read)$/.test(action)
  return allowedBy(isOfAccounts ? [action, GIVE_ROLES] : [action])
}

function allowedBy(actions: readonly string[]): string {
  const roles = ROLE_DEFINITIONS.filter((role) => actions.every((action) => permits(role, action)))
  const names = roles.map(({ roleName }) => roleName)
  if (names.length < 2) return `The role ${names[0] ?? 'Owner'} allows it.`
  return `Each of these roles allows it: ${names.join(', ')}.`
}
