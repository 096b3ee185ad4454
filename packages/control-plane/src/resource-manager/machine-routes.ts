/**
 * The routes of `Microsoft.HybridCompute/machines`.
 *
 * @see https://learn.microsoft.com/rest/api/hybridcompute/machines
 * @module
 */

import type { ArmServerParts } from '../admission/arm-server.ts'
import { type ArmAnswer, type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { pageBody, pageOf } from '../arm/paging.ts'
import { MACHINE_VERSIONS } from '../arm/provider-versions.ts'
import type { CertificateAuthority } from '../certificates/certificate-authority.ts'
import { listMachineResources, type MachineResource } from '../registry/machine-resource.ts'
import {
  identityMetadataBody,
  MACHINE_PATCH_SCHEMA,
  MACHINE_PUT_SCHEMA,
  type MachineBody,
  machineBody,
  machineEtag,
} from './machine-body.ts'
import { deleteMachine, patchMachine, requireMachine } from './machine-change.ts'
import { checkIdentityAssignment } from './machine-identity.ts'
import { putMachine } from './machine-put.ts'
import { readMachinePut } from './machine-request.ts'
import { requireGroup } from './resource-group.ts'

/** What the routes work with. */
export type MachineRouteParts = Pick<ArmServerParts, 'storage' | 'names'> & {
  certificates: CertificateAuthority
}

const GROUP = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}'
const MACHINES = '/providers/Microsoft.HybridCompute/machines'
const MACHINE = `${GROUP}${MACHINES}/{machineName}` as const

const READ = 'Microsoft.HybridCompute/machines/read'
const WRITE = 'Microsoft.HybridCompute/machines/write'
const DELETE = 'Microsoft.HybridCompute/machines/delete'

/** From this version on deletion may take long, so that clients know 202 and 204 only. */
const FIRST_LONG_DELETION = '2024-07-31-preview'

/** The routes of machines. */
export function machineRoutes(parts: MachineRouteParts): ArmRoute[] {
  return [...listRoutes(parts), ...readRoutes(parts), ...writeRoutes(parts)]
}

function listRoutes(parts: MachineRouteParts): ArmRoute[] {
  const versions = MACHINE_VERSIONS
  return [
    armRoute({
      method: 'GET',
      path: `/subscriptions/{subscriptionId}${MACHINES}`,
      summary: 'Lists the machines of a subscription.',
      versions,
      action: READ,
      handle: (request) => list(parts, request, request.params),
    }),
    armRoute({
      method: 'GET',
      path: `${GROUP}${MACHINES}`,
      summary: 'Lists the machines of a resource group.',
      versions,
      action: READ,
      handle: async (request) => {
        const { subscriptionId, resourceGroupName: resourceGroup } = request.params
        const group = await requireGroup(parts.storage.db, { subscriptionId, resourceGroup })
        return list(parts, request, { subscriptionId, groupKey: group.resource_key })
      },
    }),
  ]
}

async function list(
  { storage, names }: MachineRouteParts,
  request: ArmRequest<unknown>,
  { subscriptionId, groupKey }: { subscriptionId: string; groupKey?: string },
): Promise<ArmAnswer> {
  const page = pageOf(request)
  const machines = await listMachineResources(storage.db, {
    subscriptionId: subscriptionId.toLowerCase(),
    ...(groupKey === undefined ? {} : { groupKey }),
    after: page.after,
    limit: page.limit + 1,
  })
  const rows = machines.map((machine) => ({ key: machine.resourceKey, body: machineBody(machine) }))
  return { body: pageBody(request, { origin: names.origin, page, rows }) }
}

function readRoutes({ storage }: MachineRouteParts): ArmRoute[] {
  const versions = MACHINE_VERSIONS
  return [
    armRoute({
      method: 'GET',
      path: MACHINE,
      summary: 'Gets a machine.',
      versions,
      action: READ,
      handle: async ({ params }) => machineAnswer(await requireMachine(storage.db, params)),
    }),
    armRoute({
      method: 'GET',
      path: `${MACHINE}/hybridIdentityMetadata`,
      summary: 'Lists the key and identity of a machine.',
      versions,
      action: 'Microsoft.HybridCompute/machines/hybridIdentityMetadata/read',
      handle: async ({ params }) => ({
        body: { value: [identityMetadataBody(await requireMachine(storage.db, params))] },
      }),
    }),
    armRoute({
      method: 'GET',
      path: `${MACHINE}/hybridIdentityMetadata/default`,
      summary: 'Gets the key and identity of a machine.',
      versions,
      action: 'Microsoft.HybridCompute/machines/hybridIdentityMetadata/read',
      handle: async ({ params }) => ({
        body: identityMetadataBody(await requireMachine(storage.db, params)),
      }),
    }),
  ]
}

function writeRoutes({ storage, certificates, names }: MachineRouteParts): ArmRoute[] {
  const versions = MACHINE_VERSIONS
  return [
    armRoute({
      method: 'PUT',
      path: MACHINE,
      summary: 'Makes a machine with a new identity, or changes it.',
      versions,
      action: WRITE,
      body: MACHINE_PUT_SCHEMA,
      handle: async (request) => {
        const put = await readMachinePut(request.params, (request.body ?? {}) as MachineBody)
        await checkIdentityAssignment(request, put.identities, put.resourceId)
        const { tenantId } = names
        return machineAnswer(await putMachine({ storage, certificates, tenantId }, request, put))
      },
    }),
    armRoute({
      method: 'PATCH',
      path: MACHINE,
      summary: 'Changes tags and properties of a machine.',
      versions,
      action: WRITE,
      body: MACHINE_PATCH_SCHEMA,
      handle: async (request) => machineAnswer(await patchMachine(storage, request)),
    }),
    armRoute({
      method: 'DELETE',
      path: MACHINE,
      summary: 'Deletes a machine: its identity and its keys are refused from now on.',
      versions,
      action: DELETE,
      handle: async (request) => {
        const wasThere = await deleteMachine(storage, request)
        return { status: wasThere && request.apiVersion < FIRST_LONG_DELETION ? 200 : 204 }
      },
    }),
  ]
}

function machineAnswer(machine: MachineResource): ArmAnswer {
  return { body: machineBody(machine), headers: { ETag: machineEtag(machine) } }
}
