/**
 * A user-assigned identity as Resource Manager writes and reads it.
 *
 * @see https://learn.microsoft.com/azure/templates/microsoft.managedidentity/userassignedidentities
 * @module
 */

import type { Kysely } from 'kysely'
import { ArmError } from '../arm/arm-error.ts'
import { etagOf } from '../arm/etag.ts'
import { LOCATION_SCHEMA } from '../arm/location.ts'
import { NOTHING_ELSE, SENT_BACK } from '../arm/strict-body.ts'
import { TAGS_SCHEMA, type Tags } from '../arm/tags.ts'
import {
  findUserIdentity,
  type UserIdentity,
  type UserIdentityPlace,
  userIdentityResourceId,
} from '../registry/user-identities.ts'
import type { Schema } from '../storage/schema.ts'
import { requireGroup } from './resource-group.ts'

/** The resource type. */
export const IDENTITY_TYPE = 'Microsoft.ManagedIdentity/userAssignedIdentities'

/** What clients send: @azure/arm-msi, azure-mgmt-msi, az, Terraform. */
export const IDENTITY_VERSIONS = [
  '2015-08-31-preview',
  '2018-11-30',
  '2021-09-30-preview',
  '2022-01-31-preview',
  '2023-01-31',
  '2023-07-31-preview',
  '2024-11-30',
  '2025-01-31-preview',
  '2025-05-31-preview',
] as const

/** Regional isolation, and limits on who may be given an identity, are promises of Azure's that we could not keep here. */
const PROPERTIES_SCHEMA = {
  type: ['object', 'null'],
  properties: {
    isolationScope: { enum: ['None', null] },
    assignmentRestrictions: { enum: [null] },
    ...{ tenantId: {}, principalId: {}, clientId: {}, clientSecretUrl: {}, provisioningState: {} },
  },
  additionalProperties: NOTHING_ELSE,
} as const

/** The schema of the body of a PUT. */
export const IDENTITY_PUT_SCHEMA = {
  type: 'object',
  properties: {
    ...SENT_BACK,
    location: LOCATION_SCHEMA,
    tags: TAGS_SCHEMA,
    properties: PROPERTIES_SCHEMA,
  },
  additionalProperties: NOTHING_ELSE,
} as const

/** The schema of the body of a PATCH. */
export const IDENTITY_PATCH_SCHEMA = {
  type: 'object',
  properties: { ...SENT_BACK, tags: TAGS_SCHEMA, properties: PROPERTIES_SCHEMA },
  additionalProperties: NOTHING_ELSE,
} as const

/** A body as either schema lets it through. */
export interface UserIdentityBody {
  location?: string
  tags?: Tags | null
}

/** The parameters of an identity's path. */
export interface UserIdentityParams {
  subscriptionId: string
  resourceGroupName: string
  identityName: string
}

/** The place that `params` name. */
export function userIdentityPlace(params: UserIdentityParams): UserIdentityPlace {
  return {
    subscriptionId: params.subscriptionId.toLowerCase(),
    resourceGroup: params.resourceGroupName,
    name: params.identityName,
  }
}

/** The identity at a path. @throws {ArmError} `ResourceGroupNotFound` or `ResourceNotFound`. */
export async function requireUserIdentity(
  db: Kysely<Schema>,
  params: UserIdentityParams,
): Promise<UserIdentity> {
  const place = userIdentityPlace(params)
  const found = await findUserIdentity(db, userIdentityResourceId(place))
  if (found) return found
  await requireGroup(db, place)
  throw new ArmError('ResourceNotFound', {
    type: IDENTITY_TYPE,
    name: place.name,
    group: place.resourceGroup,
  })
}

/** The ETag of an identity. */
export function userIdentityEtag({ identity, version }: UserIdentity): string {
  return etagOf(identity.principalId.slice(0, 8), version)
}

/** An identity as an answer shows it. */
export function userIdentityBody({ identity, name, location, tags }: UserIdentity): object {
  const { resourceId, tenantId, principalId, clientId } = identity
  return {
    id: resourceId,
    name,
    type: IDENTITY_TYPE,
    location,
    tags,
    properties: { tenantId, principalId, clientId, isolationScope: 'None' },
  }
}
