/**
 * The system-assigned identity of a machine as a separate resource below the machine.
 *
 * @see https://learn.microsoft.com/rest/api/managedidentity/system-assigned-identities
 * @module
 */

import type { ArmRoute } from '../arm/arm-route.ts'
import { routesOf } from '../arm/typed-routes.ts'
import { answers200, RESOURCE } from '../openapi/arm-bodies.ts'
import type { Storage } from '../storage/storage.ts'
import { MACHINE_TYPE } from './machine-body.ts'
import { requireMachine } from './machine-change.ts'
import { IDENTITY_VERSIONS } from './user-identity.ts'

const TYPE = 'Microsoft.ManagedIdentity/identities'
const PATH =
  `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${MACHINE_TYPE}/{machineName}/providers/${TYPE}/default` as const

/** The one route that it has. */
export function systemIdentityRoutes({ storage }: { storage: Storage }): ArmRoute[] {
  return [
    routesOf(TYPE, IDENTITY_VERSIONS).get(PATH, {
      summary: 'Gets the system-assigned identity of a machine.',
      answers: answers200('The identity.', RESOURCE),
      handle: async ({ params }) => {
        const machine = await requireMachine(storage.db, params)
        const { resourceId, location, tags, tenantId, principalId, clientId } = machine
        return {
          body: {
            id: `${resourceId}/providers/${TYPE}/default`,
            name: 'default',
            type: TYPE,
            location,
            tags,
            properties: { tenantId, principalId, clientId },
          },
        }
      },
    }),
  ]
}
