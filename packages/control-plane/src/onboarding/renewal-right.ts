/**
 * By what right a machine has a new key certified: by the key that it has, or once by an administrator's word that it
 * comes back by any key that was its own.
 *
 * @see docs/onboarding.md#a-machine-that-lost-its-state
 * @module
 */

import type { Kysely } from 'kysely'
import { findAccepted } from '../registry/machine-acceptance.ts'
import type { Schema } from '../storage/schema.ts'
import type { KnownKey } from './known-keys.ts'
import { checkStanding } from './machine-assertion.ts'
import { OnboardingError } from './onboarding-error.ts'

const DAY_MILLISECONDS = 86_400_000

/** What is asked for. */
export interface RenewalQuestion {
  /** RFC 7638 thumbprint of the new key. */
  thumbprint: string
  recoveryDays: number
  time: Date
}

/** The right, or the certificate where the answer was given before. */
export type RenewalRight = 'key' | 'acceptance' | { certificate: string }

/**
 * The right of the machine that `present` proved.
 *
 * @throws {OnboardingError} if it has none.
 */
export async function renewalRight(
  db: Kysely<Schema>,
  present: KnownKey,
  { thumbprint, recoveryDays, time }: RenewalQuestion,
): Promise<RenewalRight> {
  const { identity, principalState, mayReturn } = present
  const { principalId } = identity
  const isAccepted = mayReturn && (await findAccepted(db, [principalId], time)).has(principalId)
  if (isAccepted) {
    checkStanding({ identity, principalState, state: 'current' })
    return 'acceptance'
  }
  const given = await findGiven(db, present, thumbprint)
  // Nothing changes, so the same request may come as often as it likes.
  if (given && given.not_after > time.getTime() && principalState === 'enabled') return given
  checkStanding(present)
  checkRecovery(present, recoveryDays, time)
  return 'key'
}

/** The new key waits already; or it took the place of this one with an administrator's word, and its answer was lost. */
function findGiven(db: Kysely<Schema>, { identity, state, mayReturn }: KnownKey, thumbprint: string) {
  const given = mayReturn ? 'pending' : 'current'
  if (mayReturn && state === 'retired') return undefined
  return db
    .selectFrom('machine_key')
    .select(['certificate', 'not_after'])
    .where('thumbprint', '=', thumbprint)
    .where('principal_id', '=', identity.principalId)
    .where('state', '=', given)
    .executeTakeFirst()
}

function checkRecovery({ notAfter, identity }: KnownKey, recoveryDays: number, time: Date): void {
  const end = notAfter.getTime() + recoveryDays * DAY_MILLISECONDS
  if (time.getTime() >= end) throw new OnboardingError('ReturnRefused', { identity })
}
