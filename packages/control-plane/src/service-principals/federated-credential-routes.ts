/**
 * Routes of the federated credentials of applications. Those of user-assigned identities are at Azure's own paths.
 *
 * @see docs/federation.md
 * @module
 */

import type { Transaction } from 'kysely'
import type { ArmRequest, ArmRoute } from '../arm/arm-route.ts'
import { getApplication } from '../registry/applications.ts'
import { deleteFederatedCredential, putFederatedCredential } from '../registry/federated-credentials.ts'
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
  required: ['issuer', 'subject'],
  properties: {
    issuer: { type: 'string' },
    subject: { type: 'string' },
    audiences: { type: 'array', items: { type: 'string' } },
  },
  additionalProperties: false,
} as const

const SHOWN = { type: 'object', properties: { name: { type: 'string' }, ...WRITTEN.properties } } as const

/** The routes. */
export function applicationFederationRoutes({ storage }: Pick<ServicePrincipalParts, 'storage'>): ArmRoute[] {
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
        const name = await nameIn(trx, request)
        const trust = request.body as { issuer: string; subject: string; audiences?: readonly string[] }
        const { credential, outcome } = await putFederatedCredential(trx, {
          ...name,
          ...trust,
          time: request.time,
        })
        const status = outcome === 'created' ? 201 : 200
        const answer = { status, body: federatedCredentialBody(credential) }
        if (outcome === 'unchanged') return { answer }
        return { answer, audit: ['write-federated-credential', subjectOf(name)] }
      },
    }),
    changingRoute(storage, {
      method: 'DELETE',
      path: CREDENTIAL,
      summary: 'Takes a federated credential away from an application; its tokens prove nothing any more.',
      action: `${ACTION}/delete`,
      answers: { 204: { description: 'It is gone.' } },
      change: async (trx, request) => {
        const name = await nameIn(trx, request)
        if (!(await deleteFederatedCredential(trx, name))) throw new RegistryError('credential_unknown')
        return { answer: { status: 204 }, audit: ['delete-federated-credential', subjectOf(name)] }
      },
    }),
  ]
}

interface CredentialName {
  principalId: string
  name: string
}

/** @throws {RegistryError} `application_unknown`, so that nobody else's credentials are changed here. */
async function nameIn(trx: Transaction<Schema>, { params }: ArmRequest): Promise<CredentialName> {
  const principalId = idOf(params)
  await getApplication(trx, principalId)
  return { principalId, name: params.credentialName ?? '' }
}

function subjectOf({ principalId, name }: CredentialName) {
  return { principalId, resourceId: `${resourceIdOf(principalId)}/federated-credentials/${name}` }
}
