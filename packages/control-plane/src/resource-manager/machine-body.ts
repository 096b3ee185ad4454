/**
 * A machine as Resource Manager writes and reads it.
 *
 * @see https://learn.microsoft.com/azure/templates/microsoft.hybridcompute/machines
 * @module
 */

import { LOCATION_SCHEMA } from '../arm/location.ts'
import { TAGS_SCHEMA, type Tags } from '../arm/tags.ts'
import type { MachineHealth } from '../registry/health/machine-health.ts'
import type { MachineProperties } from '../registry/machine-properties.ts'
import type { MachineResource } from '../registry/machine-resource.ts'
import { formatPublicKeyText } from '../registry/public-key-text.ts'
import {
  formatMachineIdentity,
  MACHINE_IDENTITY_SCHEMA,
  type MachineIdentityBody,
} from './machine-identity.ts'

/** The resource type. */
export const MACHINE_TYPE = 'Microsoft.HybridCompute/machines'

const PROPERTIES_SCHEMA = {
  type: ['object', 'null'],
  properties: {
    vmId: { type: ['string', 'null'], minLength: 1, maxLength: 64 },
    clientPublicKey: { type: ['string', 'null'] },
    locationData: { type: ['object', 'null'] },
    osProfile: { type: ['object', 'null'] },
    osType: { type: ['string', 'null'], maxLength: 64 },
    cloudMetadata: { type: ['object', 'null'] },
    agentUpgrade: { type: ['object', 'null'] },
    serviceStatuses: { type: ['object', 'null'] },
    licenseProfile: { type: ['object', 'null'] },
    parentClusterResourceId: { type: ['string', 'null'], maxLength: 2048 },
    privateLinkScopeResourceId: { type: ['string', 'null'], maxLength: 2048 },
    hardwareResourceId: { type: ['string', 'null'], maxLength: 2048 },
    identityKeyStore: { type: ['string', 'null'], maxLength: 64 },
    tpmEkCertificate: { type: ['string', 'null'], maxLength: 8192 },
    mssqlDiscovered: { type: ['string', 'null'], maxLength: 64 },
  },
} as const

/** The schema of the body of a PUT. */
export const MACHINE_PUT_SCHEMA = {
  type: 'object',
  properties: {
    location: LOCATION_SCHEMA,
    tags: TAGS_SCHEMA,
    identity: MACHINE_IDENTITY_SCHEMA,
    properties: PROPERTIES_SCHEMA,
  },
} as const

/** The schema of the body of a PATCH. */
export const MACHINE_PATCH_SCHEMA = {
  type: 'object',
  properties: { tags: TAGS_SCHEMA, identity: MACHINE_IDENTITY_SCHEMA, properties: PROPERTIES_SCHEMA },
} as const

/** A body as either schema lets it through. */
export interface MachineBody {
  location?: string
  tags?: Tags | null
  identity?: MachineIdentityBody | null
  properties?: (MachineProperties & { vmId?: string | null; clientPublicKey?: string | null }) | null
}

/** `machine` as an answer shows it. What the registry knows comes after what was said of it. */
export function machineBody(machine: MachineResource): object {
  const { resourceId, name, location, tags } = machine
  return {
    id: resourceId,
    name,
    type: MACHINE_TYPE,
    location,
    tags,
    identity: formatMachineIdentity(machine),
    properties: {
      ...machine.properties,
      vmId: machine.vmId,
      ...(machine.publicKey ? { clientPublicKey: formatPublicKeyText(machine.publicKey) } : {}),
      displayName: name,
      provisioningState: 'Succeeded',
      status: machine.status,
      ...(machine.state === 'disabled' ? { statusReason: 'Disabled' } : {}),
      lastStatusChange: machine.statusChangedAt.toISOString(),
      ...(machine.heartbeatAt ? { lastHeartbeat: machine.heartbeatAt.toISOString() } : {}),
      errorDetails: errorDetails(machine.health),
      ...(machine.health ? { landfastHealth: healthBody(machine.health) } : {}),
    },
    systemData: {
      createdAt: machine.createdAt.toISOString(),
      lastModifiedAt: machine.changedAt.toISOString(),
    },
  }
}

/** Azure's word for what is wrong with a machine: the parts of its agent that fail. */
function errorDetails(health: MachineHealth | undefined): object[] {
  const failing = health?.parts.filter(({ ok }) => !ok) ?? []
  return failing.map(({ part, code = '', since }) => ({
    code,
    message: `the agent says that "${part}" fails since ${since}; docs/errors.md says what to do about ${code || 'it'}`,
    target: part,
  }))
}

/** What Azure has no word for: every part, and when the machine has told it. */
function healthBody({ parts, reportedAt }: MachineHealth): object {
  const state = parts.every(({ ok }) => ok) ? 'Good' : 'Failing'
  return { state, reportedAt: reportedAt.toISOString(), parts }
}

/** The key and identity of `machine`, as its sub-resource `hybridIdentityMetadata` shows them. */
export function identityMetadataBody(machine: MachineResource): object {
  const { resourceId, vmId, publicKey, principalId, tenantId } = machine
  return {
    id: `${resourceId}/hybridIdentityMetadata/default`,
    name: 'default',
    type: `${MACHINE_TYPE}/hybridIdentityMetadata`,
    properties: {
      vmId,
      ...(publicKey ? { publicKey: formatPublicKeyText(publicKey) } : {}),
      identity: { type: 'SystemAssigned', principalId, tenantId },
    },
  }
}
