/**
 * Changes of many requests that share a transaction: each commit waits for the disk, and on PostgreSQL two that change one row
 * keep each other waiting. What is refused in one leaves the others as they are.
 *
 * @module
 */

import { sql, type Transaction } from 'kysely'
import { createGroupCommit } from './group-commit.ts'
import type { Schema } from './schema.ts'
import type { Storage, Work } from './storage.ts'
import { StorageError } from './storage-error.ts'

/** As `change` of a storage, except that one change sees those before it in the same transaction. */
export type ShareChange = <T>(work: Work<T>) => Promise<T>

type Outcome = { done: unknown } | { refusal: Error }
type Refusal = (error: unknown) => error is Error

/**
 * Shares the transactions of `storage`. `isRefusal` tells what a change throws by its own decision, and never for a failed
 * statement, from what else may have gone wrong.
 */
export function createSharedChanges(storage: Pick<Storage, 'change'>, isRefusal: Refusal): ShareChange {
  const submit = createGroupCommit((works: readonly Work<unknown>[]) => settle(storage, works, isRefusal))
  return async <T>(work: Work<T>) => {
    const outcome = await submit(work)
    if ('refusal' in outcome) throw outcome.refusal
    return outcome.done as T
  }
}

async function settle(
  storage: Pick<Storage, 'change'>,
  works: readonly Work<unknown>[],
  isRefusal: Refusal,
): Promise<readonly Outcome[]> {
  try {
    return await storage.change((trx) => settleAll(trx, works, isRefusal))
  } catch (error) {
    if (works.length === 1 || error instanceof StorageError) throw error
    return settleEach(storage, works, isRefusal)
  }
}

async function settleAll(
  trx: Transaction<Schema>,
  works: readonly Work<unknown>[],
  isRefusal: Refusal,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const work of works) outcomes.push(await settleOne(trx, work, isRefusal))
  return outcomes
}

async function settleOne(
  trx: Transaction<Schema>,
  work: Work<unknown>,
  isRefusal: Refusal,
): Promise<Outcome> {
  await sql`savepoint one_change`.execute(trx)
  try {
    const done = await work(trx)
    await sql`release savepoint one_change`.execute(trx)
    return { done }
  } catch (error) {
    if (!isRefusal(error)) throw error
    await sql`rollback to savepoint one_change`.execute(trx)
    await sql`release savepoint one_change`.execute(trx)
    return { refusal: error }
  }
}

/** One change that the database does not take must not keep the others from it. */
async function settleEach(
  storage: Pick<Storage, 'change'>,
  works: readonly Work<unknown>[],
  isRefusal: Refusal,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const work of works) {
    const alone = settle(storage, [work], isRefusal)
    outcomes.push(
      await alone.then(
        ([outcome]) => outcome as Outcome,
        (refusal: Error) => ({ refusal }),
      ),
    )
  }
  return outcomes
}
