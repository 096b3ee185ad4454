/**
 * A principal as Microsoft Graph shows it, and who may see it: itself, and whoever may read what it belongs to.
 *
 * @see https://learn.microsoft.com/graph/api/resources/serviceprincipal
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
} as const

/** What the caller `callerId`, who has `rights`, may know of: no more than the other routes show it. */
export function sightOf({ scopesFor }: Rights, callerId: string): Sight {
  return {
    own: callerId,
    scopes: {
      machine: scopesFor(READ.machine),
      'user-assigned': scopesFor(READ['user-assigned']),
      application: scopesFor(READ.application).filter((scope) => scope === ROOT_SCOPE),
    },
  }
}

/** `principal` as an answer shows it. */
export function servicePrincipalBody(principal: ListedPrincipal): object {
  const { principalId, clientId, tenantId, kind, displayName, resourceId, state, createdAt } = principal
  return {
    '@odata.type': '#microsoft.graph.servicePrincipal',
    id: principalId,
    deletedDateTime: null,
    accountEnabled: state === 'enabled',
    alternativeNames: resourceId === null ? [] : [`isExplicit=${explicit(kind)}`, resourceId],
    appDisplayName: kind === 'application' ? displayName : null,
    appId: clientId,
    appOwnerOrganizationId: tenantId,
    createdDateTime: createdAt.toISOString(),
    displayName,
    servicePrincipalNames: [clientId],
    servicePrincipalType: kind === 'application' ? 'Application' : 'ManagedIdentity',
  }
}

/** An identity that was made for itself is explicit, one that came with a machine is not. */
function explicit(kind: ListedPrincipal['kind']): string {
  return kind === 'user-assigned' ? 'True' : 'False'
}
