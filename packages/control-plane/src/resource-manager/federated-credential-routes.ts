/**
 * The routes of federated credentials below a user-assigned identity.
 *
 * @see https://learn.microsoft.com/rest/api/managedidentity/federated-identity-credentials
 * @module
 */

import type { Kysely, Transaction } from 'kysely'
import { ArmError } from '../arm/arm-error.ts'
import type { ArmAnswer, ArmRequest, ArmRoute } from '../arm/arm-route.ts'
import { checkPreconditions } from '../arm/etag.ts'
import { pageBody, pageOf } from '../arm/paging.ts'
import { answerOnRecord, type Change } from '../arm/recorded-change.ts'
import { NOTHING_ELSE, SENT_BACK } from '../arm/strict-body.ts'
import { routesOf } from '../arm/typed-routes.ts'
import {
  type CredentialPlace,
  credentialEtag,
  deleteCredential,
  putCredential,
  TRUST_PROPERTIES,
  type TrustBody,
  trustBody,
} from '../federation/credential-change.ts'
import { ANSWERS_DELETED, answers200, answersPage, answersWritten, RESOURCE } from '../openapi/arm-bodies.ts'
import {
  type FederatedCredential,
  findFederatedCredential,
  listFederatedCredentials,
} from '../registry/federated-credentials.ts'
import type { UserIdentity } from '../registry/user-identities.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { federatedRefusalOf, IdentityError } from './identity-error.ts'
import { IDENTITY_TYPE, requireUserIdentity, type UserIdentityParams } from './user-identity.ts'
import type { UserIdentityRouteParts } from './user-identity-routes.ts'

/** What clients send: @azure/arm-msi, azure-mgmt-msi, az, Terraform. */
const VERSIONS = [
  '2022-01-31-preview',
  '2023-01-31',
  '2023-07-31-preview',
  '2024-11-30',
  '2025-01-31-preview',
  '2025-05-31-preview',
] as const

const TYPE = `${IDENTITY_TYPE}/federatedIdentityCredentials` as const
const LIST =
  `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${IDENTITY_TYPE}/{identityName}/federatedIdentityCredentials` as const
const CREDENTIAL = `${LIST}/{federatedIdentityCredentialResourceName}` as const

const BODY = {
  type: 'object',
  required: ['properties'],
  properties: {
    ...SENT_BACK,
    properties: {
      type: 'object',
      required: ['issuer', 'audiences'],
      properties: TRUST_PROPERTIES,
      additionalProperties: NOTHING_ELSE,
    },
  },
  additionalProperties: NOTHING_ELSE,
} as const

const credentials = routesOf(TYPE, VERSIONS)

/** As Azure's own description of its routes calls it. */
interface CredentialName {
  federatedIdentityCredentialResourceName: string
}

type CredentialParams = UserIdentityParams & CredentialName

/** What the routes work with. */
export interface FederatedCredentialRouteParts extends UserIdentityRouteParts {
  maxFederatedCredentials: number
}

/** The routes of federated credentials. */
export function federatedCredentialRoutes(parts: FederatedCredentialRouteParts): ArmRoute[] {
  const { storage, names, maxFederatedCredentials: most } = parts
  return [
    credentials.get(LIST, {
      summary: 'Lists the federated credentials of a user-assigned identity.',
      answers: answersPage('A page of them.', RESOURCE),
      handle: (request) => list(storage.db, request, names.origin),
    }),
    credentials.get(CREDENTIAL, {
      summary: 'Gets a federated credential.',
      answers: answers200('The federated credential.', RESOURCE),
      handle: async ({ params }) => {
        const owner = await requireUserIdentity(storage.db, params)
        return answerOf(owner, await required(storage.db, owner, params))
      },
    }),
    credentials.put(CREDENTIAL, {
      summary: 'Lets tokens of a foreign issuer prove a user-assigned identity.',
      answers: answersWritten('The federated credential.', RESOURCE),
      body: BODY,
      handle: (request) => write({ storage, most }, request, put),
    }),
    credentials.delete(CREDENTIAL, {
      summary: 'Deletes a federated credential.',
      answers: ANSWERS_DELETED,
      handle: (request) => write({ storage, most }, request, remove),
    }),
  ]
}

/** There are never many, so the pages are cut from all of them. */
async function list(
  db: Kysely<Schema>,
  request: ArmRequest<UserIdentityParams>,
  origin: string,
): Promise<ArmAnswer> {
  const owner = await requireUserIdentity(db, request.params)
  const page = pageOf(request)
  const rows = (await credentialsOf(db, owner))
    .map((credential) => ({ key: credential.name.toLowerCase(), body: bodyOf(owner, credential) }))
    .filter(({ key }) => key > page.after)
  return { body: pageBody(request, { origin, page, rows }) }
}

function credentialsOf(db: Kysely<Schema>, { identity }: UserIdentity): Promise<FederatedCredential[]> {
  return listFederatedCredentials(db, identity.principalId)
}

function find(
  db: Kysely<Schema>,
  { identity }: UserIdentity,
  { federatedIdentityCredentialResourceName: name }: CredentialName,
): Promise<FederatedCredential | undefined> {
  return findFederatedCredential(db, { principalId: identity.principalId, name })
}

async function required(
  db: Kysely<Schema>,
  owner: UserIdentity,
  params: CredentialName,
): Promise<FederatedCredential> {
  const { federatedIdentityCredentialResourceName: name } = params
  const found = await find(db, owner, params)
  if (!found) throw new ArmError('ResourceNotFound', { type: TYPE, name, group: owner.resourceGroup })
  return found
}

/** What a request does to the credential at `place` once nothing stands against it. */
type Write = (
  trx: Transaction<Schema>,
  request: ArmRequest<CredentialParams>,
  where: { owner: UserIdentity; place: CredentialPlace },
) => Promise<Change>

/**
 * Azure lets only one of two writers that overlap succeed, under whatever names they write, and so do we: the
 * other one is told, instead of learning later that what it built on has changed.
 */
async function write(
  { storage: { db, change }, most }: { storage: Storage; most: number },
  request: ArmRequest<CredentialParams>,
  work: Write,
): Promise<ArmAnswer> {
  const before = await stateOf(db, await requireUserIdentity(db, request.params))
  try {
    return await change(async (trx) => {
      const owner = await requireUserIdentity(trx, request.params)
      if ((await stateOf(trx, owner)) !== before) {
        const { resourceId: id } = owner.identity
        throw new IdentityError('ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity', {
          id,
        })
      }
      const kept = await find(trx, owner, request.params)
      checkPreconditions(request.headers, kept && credentialEtag(kept))
      const place = { ...placeOf(owner, request.params.federatedIdentityCredentialResourceName, kept), most }
      return answerOnRecord(trx, request, await work(trx, request, { owner, place }))
    })
  } catch (error) {
    throw federatedRefusalOf(error)
  }
}

/** Changes with every change of any of the credentials. */
async function stateOf(db: Kysely<Schema>, owner: UserIdentity): Promise<string> {
  return JSON.stringify([owner.identity.principalId, await credentialsOf(db, owner)])
}

const put: Write = (trx, { body, time }, { owner, place }) => {
  const { properties: trust } = body as { properties: TrustBody }
  return putCredential(trx, place, { trust, time, show: (written) => answerOf(owner, written) })
}

const remove: Write = async (trx, _request, { place }) =>
  (await deleteCredential(trx, place, 200)) ?? { answer: { status: 204 } }

/** The name is checked as it was sent; on record is the credential that was kept under it. */
function placeOf(
  { identity }: UserIdentity,
  name: string,
  kept: { name: string } | undefined,
): Omit<CredentialPlace, 'most'> {
  const { principalId, resourceId } = identity
  return { principalId, name, resourceId: `${resourceId}/federatedIdentityCredentials/${kept?.name ?? name}` }
}

function answerOf(owner: UserIdentity, credential: FederatedCredential): ArmAnswer {
  return { body: bodyOf(owner, credential), headers: { ETag: credentialEtag(credential) } }
}

function bodyOf(owner: UserIdentity, credential: FederatedCredential): object {
  const { name } = credential
  const { resourceId: id } = placeOf(owner, name, credential)
  return { id, name, type: TYPE, properties: trustBody(credential) }
}
