/**
 * A principal as Microsoft Graph shows it, and who may see it: itself, and whoever may read what it belongs to.
 *
 * @see https://learn.microsoft.com/graph/api/resources/serviceprincipal
 * @see https://learn.microsoft.com/graph/api/resources/user
 * @see https://learn.microsoft.com/graph/api/resources/group
 * @module
 */

import type { Rights } from '../authorization/authorization.ts'
import { ROOT_SCOPE } from '../authorization/scope.ts'
import type { ListedPrincipal, Sight } from '../registry/principal-list.ts'

/** What reads a principal elsewhere, by its kind. */
const READ = {
  machine: 'Microsoft.HybridCompute/machines/read',
  'user-assigned': 'Microsoft.ManagedIdentity/userAssignedIdentities/read',
  application: 'Landfast.Identity/servicePrincipals/read',
  user: 'Landfast.Identity/users/read',
  group: 'Landfast.Identity/groups/read',
} as const

/** What the caller `callerId`, who has `rights`, may know of: no more than the other routes show it. */
export function sightOf({ scopesFor }: Rights, callerId: string): Sight {
  const everywhere = (action: string) => scopesFor(action).filter((scope) => scope === ROOT_SCOPE)
  return {
    own: callerId,
    scopes: {
      machine: scopesFor(READ.machine),
      'user-assigned': scopesFor(READ['user-assigned']),
      application: everywhere(READ.application),
      user: everywhere(READ.user),
      group: everywhere(READ.group),
    },
  }
}

/** `principal` as an answer shows it. */
export function principalBody(principal: ListedPrincipal): object {
  const { kind, state } = principal
  if (kind === 'user') {
    const { displayName } = principal
    return { ...objectBody(principal), accountEnabled: state === 'enabled', userPrincipalName: displayName }
  }
  if (kind === 'group') return { ...objectBody(principal), securityEnabled: true, mailEnabled: false }
  return { ...objectBody(principal), ...servicePrincipalBody(principal) }
}

/** What every object of a directory shows. */
function objectBody({ principalId, kind, displayName, createdAt }: ListedPrincipal): object {
  return {
    '@odata.type': `#microsoft.graph.${kind === 'user' || kind === 'group' ? kind : 'servicePrincipal'}`,
    id: principalId,
    deletedDateTime: null,
    createdDateTime: createdAt.toISOString(),
    displayName,
  }
}

function servicePrincipalBody({
  clientId,
  tenantId,
  kind,
  displayName,
  resourceId,
  state,
}: ListedPrincipal): object {
  return {
    accountEnabled: state === 'enabled',
    alternativeNames: resourceId === null ? [] : [`isExplicit=${explicit(kind)}`, resourceId],
    appDisplayName: kind === 'application' ? displayName : null,
    appId: clientId,
    appOwnerOrganizationId: tenantId,
    servicePrincipalNames: [clientId],
    servicePrincipalType: kind === 'application' ? 'Application' : 'ManagedIdentity',
  }
}

/** An identity that was made for itself is explicit, one that came with a machine is not. */
function explicit(kind: ListedPrincipal['kind']): string {
  return kind === 'user-assigned' ? 'True' : 'False'
}
