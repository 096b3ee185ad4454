/**
 * The route by which an administrator accepts a machine that was put back to an older state: it may come back once by a
 * key that was its own.
 *
 * @see docs/onboarding.md#a-machine-that-lost-its-state
 * @module
 */

import { ArmError } from '../arm/arm-error.ts'
import { type ArmAnswer, type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { checkPreconditions } from '../arm/etag.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { answers200 } from '../openapi/arm-bodies.ts'
import { hasReturnKey, writeAcceptance } from '../registry/machine-acceptance.ts'
import { advanceMachine, findMachineOf, machineEtag } from '../registry/machine-resource.ts'
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

/** The route. */
export function acceptanceRoute({ storage }: { storage: Storage }): ArmRoute {
  return armRoute({
    method: 'POST',
    path: '/landfast/v1/machines/accept-restored',
    summary: 'Lets a machine that was put back to an older state come back, once, with a new key.',
    answers: answers200('Until when the machine may come back.', ACCEPTANCE),
    body: BODY,
    handle: (request) => accept(storage, request),
  })
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
