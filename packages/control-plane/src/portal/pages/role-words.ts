/**
 * What each built-in role permits, in words.
 *
 * @see docs/roles.md#the-roles
 * @module
 */

import { ROLE } from '../../authorization/role-definitions.ts'
import { type Html, html } from '../html/html.ts'
import { table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'

/** As docs/roles.md has them. */
const WORDS = {
  owner: 'everything, giving roles as well',
  contributor: 'everything but giving and taking roles',
  reader: 'seeing everything, changing nothing',
  userAccessAdministrator: 'seeing everything, giving and taking roles',
  connectedMachineOnboarding: 'making and reading machines; for accounts that connect servers',
  connectedMachineResourceAdministrator: 'making, changing and deleting machines',
  managedIdentityContributor:
    'making, changing and deleting user-assigned identities and their federated credentials, but not assigning them',
  managedIdentityOperator: 'reading user-assigned identities and assigning them to machines',
} as const satisfies Readonly<Record<keyof typeof ROLE, string>>

/** The same by the ids of the roles. */
export const ROLE_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries(WORDS).map(([name, words]) => [ROLE[name as keyof typeof ROLE], words]),
)

/** The roles with these names, by their ids, and what each permits. */
export function rolesInWords(names: ReadonlyMap<string, string>): Html {
  return html`<details><summary>What each role permits</summary>
${table({
  caption: 'What each role permits',
  head: ['Role', 'Permits, at its place and below'],
  rows: [...names].map(([id, name]) => [shown(name), shown(ROLE_WORDS.get(id))]),
  empty: html`<p>No role can be given here.</p>`,
})}</details>`
}
