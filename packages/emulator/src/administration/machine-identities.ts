/**
 * User-assigned identities of a site's machine, made and given before its first request.
 *
 * @module
 */

import type { AssignedIdentity } from '@landfast/protocol'
import type { AssignedIdentities } from '../site/assigned-identities.ts'
import type { Site } from '../site/site.ts'
import { EmulatedMachine, makeIdentities } from './emulated-machine.ts'
import { openResourceManager } from './resource-manager.ts'

/** Gives the machine of `site`, whose agent is told by `membership`, identities of these names; answers with them by name. */
export async function giveMachineIdentities(
  site: Site,
  membership: AssignedIdentities,
  names: readonly string[],
): Promise<Record<string, AssignedIdentity>> {
  const { identity } = site
  const manager = await openResourceManager(site)
  try {
    const wanted = names.map((name) => ({ name, roles: {}, isAssigned: true }))
    const identities = await makeIdentities(manager, identity, { identities: wanted, roles: {} })
    const { resourceId } = identity
    await new EmulatedMachine({ manager, membership, identities, resourceId }).assign(names)
    return Object.fromEntries(identities)
  } finally {
    manager.close()
  }
}
