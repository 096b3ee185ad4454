/**
 * User-assigned identities of a site's machine, and app roles of any of its identities.
 *
 * @see docs/resource-manager.md
 * @see docs/authority.md
 * @module
 */

import type { AssignedIdentity } from '@landfast/protocol'
import type { AppRoles } from '../emulator-options.ts'
import type { ResourceManager } from './resource-manager.ts'

const IDENTITY_VERSION = '2023-01-31'
const MACHINE_VERSION = '2024-07-10'

/** Makes the user-assigned identity `name` beside the machine, or finds it. */
export async function makeIdentity(
  manager: ResourceManager,
  machineId: string,
  name: string,
): Promise<AssignedIdentity> {
  const [group = ''] = machineId.split('/providers/', 1)
  const resourceId = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${encodeURIComponent(name)}`
  const path = `${resourceId}?api-version=${IDENTITY_VERSION}`
  const { id, properties } = await manager.call({ method: 'PUT', path, body: { location: 'local' } })
  const { clientId, principalId } = properties as { clientId: string; principalId: string }
  return { resourceId: String(id), clientId, principalId }
}

/** Gives the machine the identities that are true, and takes from it those that are false. */
export async function assignIdentities(
  manager: ResourceManager,
  machineId: string,
  assigned: ReadonlyMap<AssignedIdentity, boolean>,
): Promise<void> {
  const entries = Array.from(assigned, ([{ resourceId }, isAssigned]) => [resourceId, isAssigned ? {} : null])
  const identity = {
    type: 'SystemAssigned,UserAssigned',
    userAssignedIdentities: Object.fromEntries(entries),
  }
  await manager.call({
    method: 'PATCH',
    path: `${machineId}?api-version=${MACHINE_VERSION}`,
    body: { identity },
  })
}

/** Writes `roles` into the tokens of a principal, by its object id. */
async function giveAppRoles(manager: ResourceManager, principalId: string, roles: AppRoles): Promise<void> {
  for (const [resource, names] of Object.entries(roles)) {
    for (const role of names) {
      const body = { principalId, resource, role }
      await manager.call({ method: 'POST', path: '/landfast/v1/app-role-assignments', body })
    }
  }
}

/** Leaves a principal, for the audiences in `roles`, these app roles and no others. */
export async function setAppRoles(
  manager: ResourceManager,
  principalId: string,
  roles: AppRoles,
): Promise<void> {
  for (const [resource, names] of Object.entries(roles))
    await replaceAppRoles(manager, principalId, { resource, roles: names })
}

/** Leaves a principal no other app roles for `resource` than `roles`. */
async function replaceAppRoles(
  manager: ResourceManager,
  principalId: string,
  { resource, roles }: { resource: string; roles: readonly string[] },
): Promise<void> {
  const path = '/landfast/v1/app-role-assignments'
  const { value } = await manager.call({ method: 'GET', path: `${path}?principalId=${principalId}` })
  const held = (value as { resource: string; role: string }[]).filter((one) => one.resource === resource)
  for (const { role } of held.filter((one) => !roles.includes(one.role))) {
    const query = new URLSearchParams({ principalId, resource, role })
    await manager.call({ method: 'DELETE', path: `${path}?${query}` })
  }
  const missing = roles.filter((role) => !held.some((one) => one.role === role))
  await giveAppRoles(manager, principalId, { [resource]: missing })
}
