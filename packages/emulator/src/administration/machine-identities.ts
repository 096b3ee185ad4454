/**
 * User-assigned identities of a site's machine, made and given before its first request.
 *
 * @module
 */

import type { AssignedIdentity } from '@landfast/protocol'
import type { AssignedIdentities } from '../site/assigned-identities.ts'
import type { Site } from '../site/site.ts'
import { assignIdentities, makeIdentity } from './identities.ts'
import { openResourceManager } from './resource-manager.ts'

/** Gives the machine of `site`, whose agent is told by `membership`, identities of these names; answers with them by name. */
export async function giveMachineIdentities(
  site: Site,
  membership: AssignedIdentities,
  names: readonly string[],
): Promise<Record<string, AssignedIdentity>> {
  const { resourceId } = site.identity
  const manager = await openResourceManager(site)
  try {
    const made: Record<string, AssignedIdentity> = {}
    for (const name of names) made[name] = await makeIdentity(manager, resourceId, name)
    const identities = Object.values(made)
    await assignIdentities(manager, resourceId, new Map(identities.map((one) => [one, true])))
    membership.replace(identities)
    return made
  } finally {
    manager.close()
  }
}
