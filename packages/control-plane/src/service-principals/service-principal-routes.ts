/**
 * Routes of service principals of applications: the clients besides machines and their identities.
 *
 * @see docs/authority.md
 * @module
 */

import type { Kysely } from 'kysely'
import type { ArmRoute } from '../arm/arm-route.ts'
import { pageBody, pageOf } from '../arm/paging.ts'
import type { Change } from '../arm/recorded-change.ts'
import { searchIn } from '../arm/search-text.ts'
import { keepAdministrator } from '../authorization/last-administrator.ts'
import { answersPage, nothing } from '../openapi/arm-bodies.ts'
import {
  type Application,
  createApplication,
  deleteApplication,
  getApplication,
  listApplications,
  newApplication,
  setApplicationState,
} from '../registry/applications.ts'
import { listClientCertificates } from '../registry/client-certificates.ts'
import { listClientSecrets } from '../registry/client-secrets.ts'
import { listFederatedCredentials } from '../registry/federated-credentials.ts'
import { RegistryError } from '../registry/registry-error.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { changingRoute, readingRoute } from './administered-route.ts'
import { certificateBody, federatedCredentialBody, secretBody } from './credential-bodies.ts'

/** What these routes are about. */
export interface ServicePrincipalParts {
  storage: Storage
  names: { readonly tenantId: string; readonly origin: string }
}

/** Where they are. */
export const SERVICE_PRINCIPALS = '/landfast/v1/service-principals'

const ONE = `${SERVICE_PRINCIPALS}/{principalId}`
const TYPE = 'Landfast.Identity/servicePrincipals'

/** How an answer shows one. */
const SHOWN = {
  type: 'object',
  properties: {
    principalId: { type: 'string' },
    clientId: { type: 'string' },
    tenantId: { type: 'string' },
    displayName: { type: 'string' },
    state: { type: 'string', enum: ['enabled', 'disabled'] },
    createdAt: { type: 'string', format: 'date-time' },
  },
} as const

const NEW = {
  type: 'object',
  required: ['displayName'],
  properties: { displayName: { type: 'string' } },
  additionalProperties: false,
} as const

/** The routes. */
export function servicePrincipalRoutes(parts: ServicePrincipalParts): ArmRoute[] {
  const { storage } = parts
  return [createRoute(parts), ...readRoutes(parts), deleteRoute(storage), ...stateRoutes(storage)]
}

function createRoute({ storage, names }: ServicePrincipalParts): ArmRoute {
  return changingRoute(storage, {
    method: 'POST',
    path: SERVICE_PRINCIPALS,
    summary: 'Makes an application that may be given credentials.',
    action: `${TYPE}/write`,
    body: NEW,
    answers: { 201: { description: 'The new application.', ...SHOWN } },
    change: async (trx, { body, time }) => {
      const { displayName } = body as { displayName: string }
      const { tenantId } = names
      const application = newApplication({ tenantId, displayName, time })
      await createApplication(trx, application)
      return changed(application, 'create-application', 201)
    },
  })
}

function readRoutes({ storage: { db }, names }: ServicePrincipalParts): ArmRoute[] {
  return [
    readingRoute({
      path: SERVICE_PRINCIPALS,
      summary:
        'Lists the applications; with $search those that have it as an id, or whose names begin with it.',
      answers: answersPage('A page of them.', SHOWN),
      action: `${TYPE}/read`,
      read: async (request) => {
        const page = pageOf(request)
        const found = await listApplications(db, {
          after: page.after,
          limit: page.limit + 1,
          search: searchIn(request.query),
        })
        const rows = found.map((one) => ({ key: one.principalId, body: applicationBody(one) }))
        return pageBody(request, { origin: names.origin, page, rows })
      },
    }),
    readingRoute({
      path: ONE,
      summary: 'Shows an application with its credentials, which are never shown themselves.',
      action: `${TYPE}/read`,
      answers: { 200: { description: 'The application.', ...SHOWN } },
      read: ({ params }) => wholeBody(db, idOf(params)),
    }),
  ]
}

function deleteRoute(storage: Storage): ArmRoute {
  return changingRoute(storage, {
    method: 'DELETE',
    path: ONE,
    summary: 'Deletes an application with its credentials and roles; its ids are never given again.',
    action: `${TYPE}/delete`,
    answers: {
      200: { description: 'The application as it was.', ...SHOWN },
      204: nothing('There was none.'),
    },
    change: async (trx, { params, time }) => {
      const principalId = idOf(params)
      await keepAdministrator(trx, { principalIds: [principalId] })
      const application = await deleteApplication(trx, principalId, time).catch(unlessUnknown)
      return application ? changed(application, 'delete-application') : { answer: { status: 204 } }
    },
  })
}

function stateRoutes(storage: Storage): ArmRoute[] {
  return (['disable', 'enable'] as const).map((verb) =>
    changingRoute(storage, {
      method: 'POST',
      path: `${ONE}/${verb}`,
      summary: verb === 'disable' ? 'Gives an application no more tokens.' : 'Gives it tokens again.',
      action: `${TYPE}/${verb}/action`,
      answers: { 200: { description: 'The application.', ...SHOWN } },
      change: async (trx, { params, time }) => {
        const principalId = idOf(params)
        if (verb === 'disable') await keepAdministrator(trx, { principalIds: [principalId] })
        const state = `${verb}d` as const
        return changed(await setApplicationState(trx, principalId, { state, time }), `${verb}-application`)
      },
    }),
  )
}

/** The object id in a path. */
export function idOf({ principalId = '' }: Readonly<Record<string, string>>): string {
  return principalId.toLowerCase()
}

/** Where the audit trail says that something happened. */
export function resourceIdOf(principalId: string): string {
  return `${SERVICE_PRINCIPALS}/${principalId}`
}

type ApplicationAction = `${'create' | 'delete' | 'disable' | 'enable'}-application`

function changed(application: Application, action: ApplicationAction, status = 200): Change {
  const { principalId } = application
  return {
    answer: { status, body: applicationBody(application) },
    audit: [action, { principalId, resourceId: resourceIdOf(principalId) }],
  }
}

function unlessUnknown(error: unknown): undefined {
  if (error instanceof RegistryError && error.code === 'application_unknown') return undefined
  throw error
}

function applicationBody({ createdAt, ...application }: Application): object {
  return { ...application, createdAt: createdAt.toISOString() }
}

async function wholeBody(db: Kysely<Schema>, principalId: string): Promise<object> {
  const application = await getApplication(db, principalId)
  const secrets = await listClientSecrets(db, principalId)
  const certificates = await listClientCertificates(db, principalId)
  const federated = await listFederatedCredentials(db, principalId)
  return {
    ...applicationBody(application),
    secrets: secrets.map(secretBody),
    certificates: certificates.map(certificateBody),
    federatedCredentials: federated.map(federatedCredentialBody),
  }
}
