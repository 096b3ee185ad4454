/**
 * Routes of the federated credentials of applications. Those of user-assigned identities are at Azure's own paths.
 *
 * @see docs/federation.md
 * @module
 */

import type { Transaction } from 'kysely'
import type { ArmRequest, ArmRoute } from '../arm/arm-route.ts'
import { checkPreconditions } from '../arm/etag.ts'
import {
  type CredentialPlace,
  credentialEtag,
  deleteCredential,
  putCredential,
  TRUST_PROPERTIES,
  type TrustBody,
} from '../federation/credential-change.ts'
import { nothing } from '../openapi/arm-bodies.ts'
import { getApplication } from '../registry/applications.ts'
import { type FederatedCredential, findFederatedCredential } from '../registry/federated-credentials.ts'
import { RegistryError } from '../registry/registry-error.ts'
import type { Schema } from '../storage/schema.ts'
import { changingRoute } from './administered-route.ts'
import { federatedCredentialBody } from './credential-bodies.ts'
import {
  idOf,
  resourceIdOf,
  SERVICE_PRINCIPALS,
  type ServicePrincipalParts,
} from './service-principal-routes.ts'

const CREDENTIAL = `${SERVICE_PRINCIPALS}/{principalId}/federated-credentials/{credentialName}`
const ACTION = 'Landfast.Identity/servicePrincipals/credentials'

const WRITTEN = {
  type: 'object',
  required: ['issuer'],
  properties: TRUST_PROPERTIES,
  additionalProperties: false,
} as const

const SHOWN = { type: 'object', properties: { name: { type: 'string' }, ...TRUST_PROPERTIES } } as const

/** The routes. */
export function applicationFederationRoutes({
  storage,
  maxFederatedCredentials: most,
}: Pick<ServicePrincipalParts, 'storage'> & { maxFederatedCredentials: number }): ArmRoute[] {
  return [
    changingRoute(storage, {
      method: 'PUT',
      path: CREDENTIAL,
      summary: 'Lets tokens of a foreign issuer prove an application.',
      action: `${ACTION}/write`,
      body: WRITTEN,
      answers: {
        200: { description: 'The credential, which was there already.', ...SHOWN },
        201: { description: 'The new credential.', ...SHOWN },
      },
      change: async (trx, request) => {
        const { body, time } = request
        const show = (written: FederatedCredential) => ({
          body: federatedCredentialBody(written),
          headers: { ETag: credentialEtag(written) },
        })
        const place = { ...(await placeIn(trx, request)), most }
        return putCredential(trx, place, { trust: body as TrustBody, time, show })
      },
    }),
    changingRoute(storage, {
      method: 'DELETE',
      path: CREDENTIAL,
      summary: 'Takes a federated credential away from an application; its tokens prove nothing any more.',
      action: `${ACTION}/delete`,
      answers: { 204: nothing('It is gone.') },
      change: async (trx, request) => {
        const change = await deleteCredential(trx, await placeIn(trx, request), 204)
        if (!change) throw new RegistryError('credential_unknown')
        return change
      },
    }),
  ]
}

/**
 * Where the request writes, if its conditions hold.
 *
 * @throws {RegistryError} `application_unknown`, so that no other principal's credentials are changed here.
 * @throws {ArmError} `PreconditionFailed`.
 */
async function placeIn(
  trx: Transaction<Schema>,
  { params, headers }: ArmRequest,
): Promise<Omit<CredentialPlace, 'most'>> {
  const principalId = idOf(params)
  await getApplication(trx, principalId)
  const name = params.credentialName ?? ''
  const kept = await findFederatedCredential(trx, { principalId, name })
  checkPreconditions(headers, kept && credentialEtag(kept))
  return { principalId, name, resourceId: `${resourceIdOf(principalId)}/federated-credentials/${name}` }
}
