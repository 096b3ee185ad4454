/**
 * Lets a principal see the subscription and everything in it, for programs that run the control plane themselves.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { unaskedEntry } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { assignRole } from '../authorization/role-assignments.ts'
import { ROLE, roleAt } from '../authorization/role-definitions.ts'
import { parseScope } from '../authorization/scope.ts'
import type { Storage } from '../storage/storage.ts'

/** Makes `principalId` a Reader of the subscription. @throws {RoleError} `RoleAssignmentExists` if it is one already. */
export async function makeReader(
  { change }: Storage,
  { principalId, subscriptionId, time }: { principalId: string; subscriptionId: string; time: Date },
): Promise<void> {
  const resourceId = `/subscriptions/${subscriptionId}`
  const scope = parseScope(resourceId)
  if (!scope) throw new TypeError(`"${resourceId}" is no scope`)
  await change(async (trx) => {
    await assignRole(trx, {
      name: randomUUID(),
      scope,
      roleId: ROLE.reader,
      principalId,
      description: null,
      createdBy: principalId,
      time,
    })
    const entry = unaskedEntry('assign-role', time, { principalId, resourceId })
    await recordAudit(trx, [{ ...entry, detail: roleAt(ROLE.reader, resourceId) }])
  })
}
