/**
 * The routes by which an administrator accepts a machine that was put back to an older state, and sees whether one is: it may come
 * back once by a key that was its own.
 *
 * @see docs/onboarding.md#a-machine-that-lost-its-state
 * @module
 */

import { ArmError } from '../arm/arm-error.ts'
import { type ArmAnswer, type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { checkPreconditions } from '../arm/etag.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { answers200 } from '../openapi/arm-bodies.ts'
import { findAccepted, hasReturnKey, writeAcceptance } from '../registry/machine-acceptance.ts'
import {
  advanceMachine,
  findMachineOf,
  findMachineResource,
  machineEtag,
} from '../registry/machine-resource.ts'
import type { Storage } from '../storage/storage.ts'
import { checkTakeover, machineMissing } from './takeover-right.ts'

/** How long the machine may take. A refused one asks every 30 seconds. */
const LIFETIME_SECONDS = { default: 3_600, min: 60, max: 86_400 } as const

const BODY = {
  type: 'object',
  required: ['resourceId'],
  additionalProperties: false,
  properties: {
    resourceId: { type: 'string', maxLength: 2048 },
    lifetimeSeconds: { type: 'integer', minimum: LIFETIME_SECONDS.min, maximum: LIFETIME_SECONDS.max },
  },
} as const

const TEXT = { type: 'string' } as const

const ACCEPTANCE = {
  type: 'object',
  required: ['resourceId', 'principalId', 'state', 'acceptedUntil'],
  properties: { resourceId: TEXT, principalId: TEXT, state: TEXT, acceptedUntil: TEXT },
} as const

const PATH = '/landfast/v1/machines/accept-restored'

const READ = 'Microsoft.HybridCompute/machines/read'

/** Without a time nobody may come. */
const STANDING = {
  type: 'object',
  required: ['resourceId'],
  properties: { resourceId: TEXT, acceptedUntil: TEXT },
} as const

/** The routes. */
export function acceptanceRoutes({ storage }: { storage: Storage }): ArmRoute[] {
  return [
    armRoute({
      method: 'POST',
      path: PATH,
      summary: 'Lets a machine that was put back to an older state come back, once, with a new key.',
      answers: answers200('Until when the machine may come back.', ACCEPTANCE),
      body: BODY,
      handle: (request) => accept(storage, request),
    }),
    armRoute({
      method: 'GET',
      path: PATH,
      summary:
        'Says until when the machine that the query parameter "resourceId" names may come back; no time if it may not.',
      answers: answers200('Until when the machine may come back, if it may.', STANDING),
      handle: (request) => readAcceptance(storage, request),
    }),
  ]
}

async function readAcceptance({ db }: Storage, request: ArmRequest<unknown>): Promise<ArmAnswer> {
  const { resourceid: asked = '' } = request.query
  await request.check(READ, asked)
  const machine = await findMachineResource(db, asked)
  if (!machine) throw machineMissing(asked)
  const { principalId, resourceId } = machine
  const until = (await findAccepted(db, [principalId], request.time)).get(principalId)
  return { body: { resourceId, ...(until && { acceptedUntil: until.toISOString() }) } }
}

async function accept(storage: Storage, request: ArmRequest<unknown>): Promise<ArmAnswer> {
  const { time, caller } = request
  const { resourceId: asked, lifetimeSeconds = LIFETIME_SECONDS.default } = request.body as {
    resourceId: string
    lifetimeSeconds?: number
  }
  const { principalId, resourceId } = await checkTakeover(storage, request, asked)
  const until = new Date(time.getTime() + lifetimeSeconds * 1000)
  return storage.change(async (trx) => {
    const machine = await findMachineOf(trx, principalId)
    if (!machine) throw machineMissing(resourceId)
    checkPreconditions(request.headers, machineEtag(machine))
    if (!(await hasReturnKey(trx, principalId))) throw new ArmError('NoKeyToReturnBy', { resourceId })
    await writeAcceptance(trx, { principalId, until, createdBy: caller.principalId, time })
    await recordAudit(trx, [request.audit('accept-restored-machine', machine)])
    const accepted = await advanceMachine(trx, machine, time)
    return {
      body: { resourceId, principalId, state: machine.state, acceptedUntil: until.toISOString() },
      headers: { ETag: machineEtag(accepted) },
    }
  })
}
