/**
 * Landfast's route that deletes machines which have not been seen for long, for which Azure has none. Each is looked at
 * and deleted in one transaction, so that one that has come back meanwhile stays.
 *
 * @see ../../../../docs/administration.md
 * @module
 */

import type { Transaction } from 'kysely'
import { ArmError, ArmRefusal } from '../arm/arm-error.ts'
import { type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { NOTHING_ELSE } from '../arm/strict-body.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { keepAdministrator } from '../authorization/last-administrator.ts'
import { isUnseen, UNSEEN_MIN_MILLISECONDS } from '../fleet/unseen-machines.ts'
import { endMachine } from '../registry/machine-end.ts'
import { findMachineResource } from '../registry/machine-resource.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'

/** Each is a transaction, and one request must not take long. */
const MACHINES_MAX = 100

const BODY = {
  type: 'object',
  required: ['resourceIds', 'seenBefore'],
  properties: {
    resourceIds: {
      type: 'array',
      minItems: 1,
      maxItems: MACHINES_MAX,
      items: { type: 'string', maxLength: 2048 },
    },
    seenBefore: { type: 'string', format: 'date-time' },
  },
  additionalProperties: NOTHING_ELSE,
} as const

const TEXT = { type: 'string' } as const

const OUTCOME = {
  type: 'object',
  required: ['id', 'outcome'],
  properties: {
    id: TEXT,
    outcome: { type: 'string', enum: ['removed', 'seen', 'missing', 'refused'] },
    code: TEXT,
  },
} as const

const DELETE = 'Microsoft.HybridCompute/machines/delete'

/** What became of one machine. */
interface Outcome {
  id: string
  outcome: (typeof OUTCOME.properties.outcome.enum)[number]
  code?: string
}

/** The route. */
export function unseenMachinesRoutes({ storage }: { storage: Storage }): ArmRoute[] {
  return [
    armRoute({
      method: 'POST',
      path: '/landfast/v1/machines/remove-unseen',
      summary: 'Deletes those of the named machines that have not been seen since a time.',
      answers: {
        200: {
          description: 'What became of each.',
          type: 'object',
          required: ['value'],
          properties: { value: { type: 'array', items: OUTCOME } },
        },
      },
      body: BODY,
      handle: async (request) => {
        const { resourceIds, seenBefore } = request.body as { resourceIds: string[]; seenBefore: string }
        for (const id of resourceIds) await request.check(DELETE, id)
        const before = timeOf(seenBefore, request.time)
        const value: Outcome[] = []
        for (const id of resourceIds) value.push(await removeOne(storage, request, { id, before }))
        return { body: { value } }
      },
    }),
  ]
}

/** A machine that was away for hours is no dead one, and a slip of a digit must not end a fleet. */
function timeOf(text: string, now: Date): Date {
  const time = new Date(text)
  if (now.getTime() - time.getTime() >= UNSEEN_MIN_MILLISECONDS) return time
  throw new ArmError('InvalidRequestContent', { detail: '"seenBefore" must be a day ago at least' })
}

async function removeOne(
  { change }: Storage,
  request: ArmRequest<unknown>,
  { id, before }: { id: string; before: Date },
): Promise<Outcome> {
  try {
    return { id, outcome: await change((trx) => removeUnseen(trx, request, { id, before })) }
  } catch (error) {
    if (error instanceof ArmRefusal) return { id, outcome: 'refused', code: error.code }
    throw error
  }
}

async function removeUnseen(
  trx: Transaction<Schema>,
  request: ArmRequest<unknown>,
  { id, before }: { id: string; before: Date },
): Promise<Outcome['outcome']> {
  const machine = await findMachineResource(trx, id)
  if (!machine) return 'missing'
  if (!isUnseen(machine, { before, now: request.time })) return 'seen'
  await keepAdministrator(trx, { principalIds: [machine.principalId] })
  // A heartbeat changes the row of presence that this deletes, so that of the two one comes wholly before the other.
  await endMachine(trx, machine.principalId, request.time)
  await recordAudit(trx, [request.audit('delete-machine', machine)])
  return 'removed'
}
