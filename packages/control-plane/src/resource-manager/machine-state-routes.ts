/**
 * Landfast's routes that disable and enable a machine and show its certificates, for which Azure has none. A caller that may
 * delete the machine may disable it: a disabled machine is cut off as a deleted one is, only not for ever.
 *
 * @module
 */

import { ArmError } from '../arm/arm-error.ts'
import { type ArmAnswer, type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { checkPreconditions } from '../arm/etag.ts'
import { NOTHING_ELSE } from '../arm/strict-body.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { keepAdministrator } from '../authorization/last-administrator.ts'
import { answers200, answersPage, RESOURCE } from '../openapi/arm-bodies.ts'
import { changePrincipalState } from '../registry/machine-end.ts'
import { type ListedMachineKey, listMachineKeys } from '../registry/machine-keys.ts'
import { advanceMachine, findMachineResource, machineEtag } from '../registry/machine-resource.ts'
import type { Storage } from '../storage/storage.ts'
import { MACHINE_TYPE, machineBody } from './machine-body.ts'

const BODY = {
  type: 'object',
  required: ['resourceId'],
  properties: { resourceId: { type: 'string', maxLength: 2048 } },
  additionalProperties: NOTHING_ELSE,
} as const

const READ = 'Microsoft.HybridCompute/machines/read'
const DELETE = 'Microsoft.HybridCompute/machines/delete'

const CERTIFICATE = {
  type: 'object',
  required: ['x5t#S256', 'state', 'expiresAt', 'createdAt'],
  properties: {
    'x5t#S256': { type: 'string' },
    state: { type: 'string', enum: ['current', 'pending', 'retired'] },
    expiresAt: { type: 'string', format: 'date-time' },
    createdAt: { type: 'string', format: 'date-time' },
  },
} as const

const CHANGES = {
  disable: {
    state: 'disabled',
    action: 'disable-machine',
    summary: 'Gives a machine no more tokens until it is enabled.',
  },
  enable: {
    state: 'enabled',
    action: 'enable-machine',
    summary: 'Gives a machine tokens again.',
  },
} as const

/** The routes. */
export function machineStateRoutes({ storage }: { storage: Storage }): ArmRoute[] {
  return [
    ...(['disable', 'enable'] as const).map((verb) =>
      armRoute({
        method: 'POST',
        path: `/landfast/v1/machines/${verb}`,
        summary: CHANGES[verb].summary,
        answers: answers200('The machine.', RESOURCE),
        body: BODY,
        handle: (request) => changeState(storage, request, CHANGES[verb]),
      }),
    ),
    armRoute({
      method: 'GET',
      path: '/landfast/v1/machines/certificates',
      summary:
        'Lists the certificates of the keys of the machine that the query parameter "resourceId" names, newest first.',
      answers: answersPage('The certificates.', CERTIFICATE),
      handle: (request) => listCertificates(storage, request),
    }),
  ]
}

async function listCertificates({ db }: Storage, request: ArmRequest<unknown>): Promise<ArmAnswer> {
  const { resourceid: resourceId = '' } = request.query
  await request.check(READ, resourceId)
  const machine = await findMachineResource(db, resourceId)
  if (!machine) throw notFound(resourceId)
  const keys = await listMachineKeys(db, machine.principalId)
  return { body: { value: keys.map(certificateBody) } }
}

function certificateBody({ sha256, state, notAfter, createdAt }: ListedMachineKey): object {
  return {
    'x5t#S256': sha256,
    state,
    expiresAt: notAfter.toISOString(),
    createdAt: createdAt.toISOString(),
  }
}

async function changeState(
  storage: Storage,
  request: ArmRequest<unknown>,
  { state, action }: (typeof CHANGES)[keyof typeof CHANGES],
): Promise<ArmAnswer> {
  const { resourceId } = request.body as { resourceId: string }
  await request.check(DELETE, resourceId)
  return storage.change(async (trx) => {
    const machine = await findMachineResource(trx, resourceId)
    if (!machine) throw notFound(resourceId)
    checkPreconditions(request.headers, machineEtag(machine))
    if (state === 'disabled') await keepAdministrator(trx, { principalIds: [machine.principalId] })
    await changePrincipalState(trx, machine.principalId, { state, time: request.time })
    await recordAudit(trx, [request.audit(action, machine)])
    const changed = { ...(await advanceMachine(trx, machine, request.time)), state }
    return { body: machineBody(changed), headers: { ETag: machineEtag(changed) } }
  })
}

function notFound(resourceId: string): ArmError {
  const { 4: group = '', 8: name = '' } = resourceId.split('/')
  return new ArmError('ResourceNotFound', { type: MACHINE_TYPE, name, group })
}
