/**
 * The Resource Manager: the list of its routes.
 *
 * @see docs/resource-manager.md
 * @module
 */

import type { FastifyInstance } from 'fastify'
import { type ArmServerParts, addArmRoutes } from '../admission/arm-server.ts'
import type { ArmRoute } from '../arm/arm-route.ts'
import { headRoutes } from '../arm/head-routes.ts'
import type { SigningKeys } from '../authority/signing-keys.ts'
import { appRoleRoutes } from '../service-principals/app-role-routes.ts'
import { credentialRoutes } from '../service-principals/credential-routes.ts'
import { directoryRoutes } from '../service-principals/directory-routes.ts'
import { applicationFederationRoutes } from '../service-principals/federated-credential-routes.ts'
import {
  type ForeignPrincipalParts,
  foreignPrincipalRoutes,
} from '../service-principals/foreign-principal-routes.ts'
import { servicePrincipalRoutes } from '../service-principals/service-principal-routes.ts'
import { auditRoutes } from './audit-routes.ts'
import { cloudMetadataRoute } from './cloud-metadata-route.ts'
import { federatedCredentialRoutes } from './federated-credential-routes.ts'
import { fleetSummaryRoutes } from './fleet-summary-route.ts'
import { type MachineRouteParts, machineRoutes } from './machine-routes.ts'
import { machineStateRoutes } from './machine-state-routes.ts'
import { operationRoutes } from './provider-operations.ts'
import { providerRoutes } from './provider-routes.ts'
import { resourceGroupRoutes } from './resource-group-routes.ts'
import { resourceRoutes } from './resource-routes.ts'
import { roleAssignmentRoutes } from './role-assignment-routes.ts'
import { roleDefinitionRoutes } from './role-definition-routes.ts'
import { signingKeyRoutes } from './signing-key-routes.ts'
import { subscriptionRoutes } from './subscription-routes.ts'
import { systemIdentityRoutes } from './system-identity-route.ts'
import { tagRoutes } from './tag-routes.ts'
import { unseenMachinesRoutes } from './unseen-machines-route.ts'
import { userIdentityRoutes } from './user-identity-routes.ts'

/** What its routes are served with and about. */
export interface ResourceManagerParts
  extends ArmServerParts,
    MachineRouteParts,
    Pick<ForeignPrincipalParts, 'portalIssuer'> {
  signingKeys: SigningKeys
  maxFederatedCredentials: number
}

/** Adds the Resource Manager to `server`. */
export function addResourceManager(server: FastifyInstance, parts: ResourceManagerParts): void {
  const actedOn = resourceManagerRoutes(parts)
  const routes = [...actedOn, ...auditRoutes({ ...parts, routes: actedOn })]
  addArmRoutes(server, parts, [
    cloudMetadataRoute(parts.names),
    ...routes,
    ...headRoutes(routes),
    ...operationRoutes(routes),
    ...providerRoutes([...routes, ...operationRoutes(routes)]),
  ])
}

function resourceManagerRoutes(parts: ResourceManagerParts): ArmRoute[] {
  return [
    ...subscriptionRoutes(parts),
    ...resourceRoutes(parts),
    ...resourceGroupRoutes(parts),
    ...tagRoutes(parts),
    ...machineRoutes(parts),
    ...machineStateRoutes(parts),
    ...unseenMachinesRoutes(parts),
    ...fleetSummaryRoutes(parts),
    ...systemIdentityRoutes(parts),
    ...userIdentityRoutes(parts),
    ...federatedCredentialRoutes(parts),
    ...roleDefinitionRoutes(parts),
    ...roleAssignmentRoutes(parts),
    ...signingKeyRoutes(parts.signingKeys),
    ...servicePrincipalRoutes(parts),
    ...credentialRoutes(parts),
    ...applicationFederationRoutes(parts),
    ...appRoleRoutes(parts),
    ...foreignPrincipalRoutes(parts),
    ...directoryRoutes(parts),
  ]
}
