/**
 * In which groups a user is, as its last ID token had it.
 *
 * @module
 */

import type { Transaction } from 'kysely'
import type { Schema } from '../../storage/schema.ts'
import { isValue } from './foreign-principals.ts'

/** A statement has room for many more; somebody may be in thousands of groups, of which few are known here. */
const VALUES_AT_ONCE = 1_000

/** The object ids of those groups of `issuer` that are here among `values`. */
export async function groupsNamed(
  trx: Transaction<Schema>,
  issuer: string,
  values: readonly string[],
): Promise<string[]> {
  const found: string[] = []
  // What could be no group here need not be looked for; PostgreSQL refuses some of it.
  const possible = values.filter(isValue)
  for (let at = 0; at < possible.length; at += VALUES_AT_ONCE) {
    const rows = await trx
      .selectFrom('foreign_principal')
      .select('principal_id')
      .where('kind', '=', 'group')
      .where('issuer', '=', issuer)
      .where('value', 'in', possible.slice(at, at + VALUES_AT_ONCE))
      .execute()
    found.push(...rows.map(({ principal_id }) => principal_id))
  }
  return [...new Set(found)]
}

/** Whether an enabled one of `principalIds` has any role anywhere. */
export async function hasRole(trx: Transaction<Schema>, principalIds: readonly string[]): Promise<boolean> {
  if (principalIds.length === 0) return false
  const row = await trx
    .selectFrom('role_assignment')
    .innerJoin('principal', 'principal.id', 'role_assignment.principal_id')
    .select('role_assignment.name')
    .where('role_assignment.principal_id', 'in', principalIds)
    .where('principal.state', '=', 'enabled')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Writes the groups of a user in the place of those that it had. */
export async function writeMemberships(
  trx: Transaction<Schema>,
  userId: string,
  groupIds: readonly string[],
): Promise<void> {
  await trx.deleteFrom('foreign_membership').where('member_id', '=', userId).execute()
  if (groupIds.length === 0) return
  const rows = groupIds.map((group_id) => ({ member_id: userId, group_id }))
  await trx.insertInto('foreign_membership').values(rows).execute()
}

/** Writes what the provider calls a user now. */
export async function writeName(
  trx: Transaction<Schema>,
  userId: string,
  displayName: string,
): Promise<void> {
  await trx.updateTable('principal').set({ display_name: displayName }).where('id', '=', userId).execute()
}
