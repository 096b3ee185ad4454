/**
 * Tries a transaction on PostgreSQL: finds out how an attempt failed, and whether to make another.
 *
 * @see https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html
 * @module
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout } from 'node:timers/promises'
import { isAbortedTransactionError } from 'kysely'
import { failureKind, isAfterFailure, isServersWord } from './postgres-failure.ts'
import { StorageError } from './storage-error.ts'

/** Enough for a dozen rivals that all want one row; beyond that the answer would come too late anyway. */
const ATTEMPTS_MAX = 10

/** A lost connection may be one of several of a server that was restarted, but a third is no accident. */
const LOSSES_MAX = 2

/** A second try looks again before it makes the row; what still collides then would do so for ever. */
const COLLISIONS_MAX = 1

const DELAY_FIRST_MILLISECONDS = 4
const DELAY_MAX_MILLISECONDS = 250

/** What the connection saw of the transaction that runs on it. */
interface Attempt {
  mayTakeLong: boolean
  /** It is one statement, which commits itself. */
  isAlone: boolean
  /** Set when the commit is sent: from then on a lost connection leaves it open whether the change was kept. */
  committing: boolean
  /** The first query that failed; `work` may have thrown another error for it, or none at all. */
  failure?: { cause: unknown; atCommit: boolean }
}

const attempts = new AsyncLocalStorage<Attempt>()

/** Whether the transaction under way may take as long as it does. */
export function mayTakeLong(): boolean {
  return attempts.getStore()?.mayTakeLong === true
}

/** Whether it is one statement. */
export function isAlone(): boolean {
  return attempts.getStore()?.isAlone === true
}

/** Told by the connection before each query. */
export function noteQuery(text: string): void {
  const attempt = attempts.getStore()
  if (attempt && (attempt.isAlone || text === 'commit')) attempt.committing = true
}

/** Told by the connection when a query failed. */
export function noteFailure(cause: unknown): void {
  const attempt = attempts.getStore()
  if (!attempt) return
  const atCommit = attempt.committing && !(attempt.isAlone && isServersWord(cause))
  attempt.failure ??= { cause, atCommit }
}

/**
 * Runs `transact` until it succeeds or what is wrong will not pass by itself; the last attempt's error tells why.
 *
 * @throws {StorageError} `storage_busy`, `storage_unavailable` or `storage_unsettled`.
 */
export async function repeatTransaction<T>(
  transact: () => Promise<T>,
  {
    mayTakeLong = false,
    isAlone = false,
    random = Math.random,
  }: { mayTakeLong?: boolean; isAlone?: boolean; random?: () => number } = {},
): Promise<T> {
  const counts = { conflict: 0, loss: 0, collision: 0 }
  for (let count = 1; ; count++) {
    const attempt: Attempt = { mayTakeLong, isAlone, committing: false }
    try {
      return await attempts.run(attempt, transact)
    } catch (error) {
      const verdict = verdictOf(attempt, error)
      if (!verdict.repeat) throw verdict.error
      counts[verdict.repeat]++
      if (counts.collision > COLLISIONS_MAX) throw verdict.error
      if (counts.loss > LOSSES_MAX) throw new StorageError('storage_unavailable', { cause: verdict.error })
      if (count === ATTEMPTS_MAX) throw new StorageError('storage_busy', { cause: verdict.error })
      await setTimeout(delayBefore(count, random()))
    }
  }
}

/** What is thrown, unless it is tried again. */
interface Verdict {
  repeat?: 'conflict' | 'loss' | 'collision'
  error: unknown
}

/** The first failure decides, whatever came of it: only so is a conflict that `work` took for something else seen. */
function verdictOf({ failure }: Attempt, error: unknown): Verdict {
  if (!failure) return { error }
  const { cause, atCommit } = failure
  const kind = failureKind(cause)
  if (kind === 'conflict') return { repeat: 'conflict', error: cause }
  if (kind === 'lost' && !atCommit) return { repeat: 'loss', error: cause }
  const told = isConsequence(error) ? cause : error
  if (kind === 'collision') return { repeat: 'collision', error: told }
  if (kind === 'refused') return { error: told }
  return { error: new StorageError(atCommit ? 'storage_unsettled' : 'storage_unavailable', { cause }) }
}

/** Whether `error` says no more than that something had failed before. */
function isConsequence(error: unknown): boolean {
  return isAbortedTransactionError(error) || isAfterFailure(error)
}

/** Each wait is anywhere between nothing and twice the last one's end, so that rivals come apart. */
function delayBefore(count: number, random: number): number {
  return random * Math.min(DELAY_FIRST_MILLISECONDS * 2 ** count, DELAY_MAX_MILLISECONDS)
}
