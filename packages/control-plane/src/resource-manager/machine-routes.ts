/**
 * The routes of `Microsoft.HybridCompute/machines`.
 *
 * @see https://learn.microsoft.com/rest/api/hybridcompute/machines
 * @module
 */

import type { ArmServerParts } from '../admission/arm-server.ts'
import type { ArmAnswer, ArmRoute } from '../arm/arm-route.ts'
import { MACHINE_VERSIONS } from '../arm/provider-versions.ts'
import { routesOf } from '../arm/typed-routes.ts'
import type { CertificateAuthority } from '../certificates/certificate-authority.ts'
import { findWantedMachines } from '../fleet/machine-filter.ts'
import { readMachineQuery } from '../fleet/machine-query.ts'
import { ANSWERS_DELETED, answers200, answersPage, RESOURCE } from '../openapi/arm-bodies.ts'
import {
  findMachineResources,
  listMachineResources,
  type MachineResource,
  machineEtag,
} from '../registry/machine-resource.ts'
import { listsOf } from './listed-resources.ts'
import {
  identityMetadataBody,
  MACHINE_PATCH_SCHEMA,
  MACHINE_PUT_SCHEMA,
  MACHINE_TYPE,
  type MachineBody,
  machineBody,
} from './machine-body.ts'
import { deleteMachine, patchMachine, requireMachine } from './machine-change.ts'
import { checkIdentityAssignment } from './machine-identity.ts'
import { putMachine } from './machine-put.ts'
import { readMachinePut } from './machine-request.ts'

/** What the routes work with. */
export type MachineRouteParts = Pick<ArmServerParts, 'storage' | 'names'> & {
  certificates: CertificateAuthority
}

const GROUP = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}'
const MACHINES = `/providers/${MACHINE_TYPE}` as const
const MACHINE = `${GROUP}${MACHINES}/{machineName}` as const

const machines = routesOf(MACHINE_TYPE, MACHINE_VERSIONS)
const metadata = routesOf(`${MACHINE_TYPE}/hybridIdentityMetadata`, MACHINE_VERSIONS)

/** From this version on deletion may take long, so that clients know 202 and 204 only. */
const FIRST_LONG_DELETION = '2024-07-31-preview'

/** The routes of machines. */
export function machineRoutes(parts: MachineRouteParts): ArmRoute[] {
  return [...listRoutes(parts), ...readRoutes(parts), ...writeRoutes(parts)]
}

function listRoutes(parts: MachineRouteParts): ArmRoute[] {
  const { db } = parts.storage
  const lists = listsOf(parts, async (range, { query }) => {
    const wish = await readMachineQuery(db, query)
    if (!wish) {
      const machines = await listMachineResources(db, range)
      return { rows: machines.map((machine) => ({ key: machine.resourceKey, body: machineBody(machine) })) }
    }
    const { machines: wanted, lookedTo } = await findWantedMachines(db, wish, range)
    const found = await findMachineResources(
      db,
      wanted.map(({ resourceKey }) => resourceKey),
    )
    const bodies = new Map(found.map((machine) => [machine.resourceKey, machineBody(machine)]))
    const rows = wanted.flatMap(({ resourceKey, place }) => {
      const body = bodies.get(resourceKey)
      return body ? [{ key: place, body }] : []
    })
    return { rows, lookedTo }
  })
  return [
    machines.get(`/subscriptions/{subscriptionId}${MACHINES}`, {
      summary: 'Lists the machines of a subscription.',
      answers: answersPage('A page of them.', RESOURCE),
      handle: lists.inSubscription,
    }),
    machines.get(`${GROUP}${MACHINES}`, {
      summary: 'Lists the machines of a resource group.',
      answers: answersPage('A page of them.', RESOURCE),
      handle: lists.inGroup,
    }),
  ]
}

function readRoutes({ storage }: MachineRouteParts): ArmRoute[] {
  return [
    machines.get(MACHINE, {
      summary: 'Gets a machine.',
      answers: answers200('The machine.', RESOURCE),
      handle: async ({ params }) => machineAnswer(await requireMachine(storage.db, params)),
    }),
    metadata.get(`${MACHINE}/hybridIdentityMetadata`, {
      summary: 'Lists the key and identity of a machine.',
      answers: answersPage('The one that there is.', RESOURCE),
      handle: async ({ params }) => ({
        body: { value: [identityMetadataBody(await requireMachine(storage.db, params))] },
      }),
    }),
    metadata.get(`${MACHINE}/hybridIdentityMetadata/default`, {
      summary: 'Gets the key and identity of a machine.',
      answers: answers200('Its key and identity.', RESOURCE),
      handle: async ({ params }) => ({
        body: identityMetadataBody(await requireMachine(storage.db, params)),
      }),
    }),
  ]
}

function writeRoutes({ storage, certificates, names }: MachineRouteParts): ArmRoute[] {
  return [
    machines.put(MACHINE, {
      summary: 'Makes a machine with a new identity, or changes it.',
      answers: answers200('The machine.', RESOURCE),
      body: MACHINE_PUT_SCHEMA,
      handle: async (request) => {
        const put = readMachinePut(request.params, (request.body ?? {}) as MachineBody)
        await checkIdentityAssignment(request, put.identities, put.resourceId)
        const { tenantId } = names
        return machineAnswer(await putMachine({ storage, certificates, tenantId }, request, put))
      },
    }),
    machines.patch(MACHINE, {
      summary: 'Changes tags and properties of a machine.',
      answers: answers200('The machine.', RESOURCE),
      body: MACHINE_PATCH_SCHEMA,
      handle: async (request) => machineAnswer(await patchMachine(storage, request)),
    }),
    machines.delete(MACHINE, {
      summary: 'Deletes a machine: its identity and its keys are refused from now on.',
      answers: ANSWERS_DELETED,
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
