/**
 * A change that a request made, and its entry in the audit trail.
 *
 * @module
 */

import type { Transaction } from 'kysely'
import { recordAudit } from '../audit/audit-trail.ts'
import type { Schema } from '../storage/schema.ts'
import type { ArmAnswer, ArmRequest } from './arm-route.ts'

/** What a change did. */
export interface Change {
  answer: ArmAnswer
  /** Undefined if nothing had to be changed. */
  audit?: Parameters<ArmRequest['audit']>
}

/** The answer of `change`, whose entry is written within the same transaction. */
export async function answerOnRecord(
  trx: Transaction<Schema>,
  request: Pick<ArmRequest, 'audit'>,
  { answer, audit }: Change,
): Promise<ArmAnswer> {
  if (audit) await recordAudit(trx, [request.audit(...audit)])
  return answer
}
