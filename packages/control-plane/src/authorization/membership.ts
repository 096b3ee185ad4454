/**
 * Whose role assignments count for a principal: its own, and of a user those of the groups that its last ID token named.
 *
 * @see docs/portal.md#with-your-companys-accounts
 * @module
 */

import { type RawBuilder, sql } from 'kysely'

/**
 * The object ids, for `in`. A user that is disabled has nothing of its groups; whether a principal itself counts is for who
 * reads its roles.
 */
export function itAndItsGroups(principalId: string): RawBuilder<string> {
  return sql`(
    select cast(${principalId} as text) union all
    select group_id from foreign_membership inner join principal as member on member.id = member_id
    where member_id = ${principalId} and member.state = 'enabled')`
}
