/**
 * The Resource Manager: every route that it has.
 *
 * @see docs/resource-manager.md
 * @module
 */

import type { FastifyInstance } from 'fastify'
import { roleAssignmentRoutes } from '../authorization/role-assignment-routes.ts'
import { roleDefinitionRoutes } from '../authorization/role-definition-routes.ts'
import { type ArmServerParts, addArmRoutes } from './arm-server.ts'
import { subscriptionRoutes } from './subscription-routes.ts'

/** Adds the Resource Manager to `server`. */
export function addResourceManager(server: FastifyInstance, parts: ArmServerParts): void {
  addArmRoutes(server, parts, [
    ...subscriptionRoutes(parts),
    ...roleDefinitionRoutes(parts),
    ...roleAssignmentRoutes(parts),
  ])
}
