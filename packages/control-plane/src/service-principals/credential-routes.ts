/**
 * Routes of the credentials of applications: secrets, which are made here and shown once, and certificates, whose
 * private keys never come here.
 *
 * @see docs/authority.md
 * @module
 */

import type { ArmRequest, ArmRoute } from '../arm/arm-route.ts'
import { nothing } from '../openapi/arm-bodies.ts'
import {
  addClientCertificate,
  newClientCertificate,
  removeClientCertificate,
} from '../registry/client-certificates.ts'
import { addClientSecret, newClientSecret, removeClientSecret } from '../registry/client-secrets.ts'
import type { Storage } from '../storage/storage.ts'
import { changingRoute } from './administered-route.ts'
import { certificateBody, secretBody } from './credential-bodies.ts'
import {
  idOf,
  resourceIdOf,
  SERVICE_PRINCIPALS,
  type ServicePrincipalParts,
} from './service-principal-routes.ts'

const ONE = `${SERVICE_PRINCIPALS}/{principalId}`
const TYPE = 'Landfast.Identity/servicePrincipals'

const NEW_SECRET = {
  type: ['object', 'null'],
  properties: { displayName: { type: 'string' }, lifetimeSeconds: { type: 'integer' } },
  additionalProperties: false,
} as const

const NEW_CERTIFICATE = {
  type: 'object',
  required: ['certificate'],
  properties: { certificate: { type: 'string' }, subjectName: { type: 'string' } },
  additionalProperties: false,
} as const

const SHOWN = {
  type: 'object',
  properties: { id: { type: 'string' }, expiresAt: { type: 'string', format: 'date-time' } },
} as const

/** The routes. */
export function credentialRoutes({ storage }: Pick<ServicePrincipalParts, 'storage'>): ArmRoute[] {
  return [secretRoute(storage), certificateRoute(storage), ...removalRoutes(storage)]
}

function secretRoute(storage: Storage): ArmRoute {
  return changingRoute(storage, {
    method: 'POST',
    path: `${ONE}/secrets`,
    summary: 'Makes a secret for an application. Only this answer has it.',
    action: `${TYPE}/credentials/write`,
    body: NEW_SECRET,
    answers: { 201: { description: 'The secret, in the property of that name.', ...SHOWN } },
    change: async (trx, request) => {
      const wish = (request.body ?? {}) as { displayName?: string; lifetimeSeconds?: number }
      const secret = newClientSecret({ ...wish, time: request.time })
      await addClientSecret(trx, idOf(request.params), secret)
      const body = { ...secretBody(secret), secret: secret.text }
      return { answer: { status: 201, body }, audit: ['add-client-secret', subjectOf(request, secret.id)] }
    },
  })
}

function certificateRoute(storage: Storage): ArmRoute {
  return changingRoute(storage, {
    method: 'POST',
    path: `${ONE}/certificates`,
    summary: 'Registers a certificate of an application, or an authority that vouches for one subject.',
    action: `${TYPE}/credentials/write`,
    body: NEW_CERTIFICATE,
    answers: { 201: { description: 'The certificate.', ...SHOWN } },
    change: async (trx, request) => {
      const { certificate: pem, subjectName } = request.body as {
        certificate: string
        subjectName?: string
      }
      const certificate = newClientCertificate({ pem, subjectName, time: request.time })
      await addClientCertificate(trx, idOf(request.params), certificate)
      return {
        answer: { status: 201, body: certificateBody(certificate) },
        audit: ['add-client-certificate', subjectOf(request, certificate.id)],
      }
    },
  })
}

function removalRoutes(storage: Storage): ArmRoute[] {
  return REMOVALS.map(({ collection, remove, action }) =>
    changingRoute(storage, {
      method: 'DELETE',
      path: `${ONE}/${collection}/{credentialId}`,
      summary: 'Takes a credential away from an application; it proves nothing any more.',
      action: `${TYPE}/credentials/delete`,
      answers: { 204: nothing('It is gone.') },
      change: async (trx, request) => {
        const credentialId = (request.params.credentialId ?? '').toLowerCase()
        await remove(trx, idOf(request.params), credentialId)
        return { answer: { status: 204 }, audit: [action, subjectOf(request, credentialId)] }
      },
    }),
  )
}

const REMOVALS = [
  { collection: 'secrets', remove: removeClientSecret, action: 'remove-client-secret' },
  { collection: 'certificates', remove: removeClientCertificate, action: 'remove-client-certificate' },
] as const

function subjectOf({ params }: ArmRequest, credentialId: string) {
  const principalId = idOf(params)
  return { principalId, resourceId: `${resourceIdOf(principalId)}/credentials/${credentialId}` }
}
