/**
 * Tells whether a request could be answered now: the database answers and keeps what a token leaves in it, and there is a
 * key to sign with.
 *
 * @module
 */

import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { recordAudit, unaskedEntry } from '../audit/audit-trail.ts'
import type { SigningKeys } from '../authority/signing-keys.ts'
import type { Storage } from '../storage/storage.ts'

/** The answer comes within this time: load balancers give up after about that. */
const ANSWER_MILLISECONDS = 2_000

/** However many ask, the database is asked once in this time. */
const KEPT_MILLISECONDS = 1_000

/** However many ask, one trial write in this time: it waits for the disk as a token does. */
const WRITTEN_MILLISECONDS = 5_000

/** Undefined when it is ready, otherwise why not. */
export type WhyNotReady = () => Promise<string | undefined>

/** What is looked at. */
export interface ReadinessParts {
  storage: Pick<Storage, 'db' | 'append'>
  signingKeys: Pick<SigningKeys, 'current'>
  /** Why the server's certificate is of no use now; undefined if it is. */
  certificateFault?: () => string | undefined
  /** Whether a token's own write has just failed. */
  hasJustFailed?: () => boolean
  /** Any clock that only goes forward, in milliseconds. */
  monotonic?: () => number
}

/** Looks at most once a second, and writes at most once in five seconds; what failed is tried with each look. */
export function createReadiness(parts: ReadinessParts): WhyNotReady {
  const { monotonic = () => performance.now() } = parts
  let askedAt = Number.NEGATIVE_INFINITY
  let writtenAt = Number.NEGATIVE_INFINITY
  let answer: Promise<string | undefined> = Promise.resolve(undefined)

  async function look(time: number): Promise<string | undefined> {
    const isDue = time - writtenAt >= WRITTEN_MILLISECONDS
    const reason = await whyNotReady(parts, isDue)
    if (isDue) writtenAt = reason === undefined ? time : Number.NEGATIVE_INFINITY
    return reason
  }

  return () => {
    const time = monotonic()
    if (time - askedAt >= KEPT_MILLISECONDS) {
      askedAt = time
      answer = look(time)
    }
    return answer
  }
}

async function whyNotReady(parts: ReadinessParts, writes: boolean): Promise<string | undefined> {
  try {
    parts.signingKeys.current()
  } catch {
    return 'there is no key to sign with'
  }
  const fault = parts.certificateFault?.()
  if (fault !== undefined) return fault
  const waiting = new AbortController()
  const late = delay(ANSWER_MILLISECONDS, 'the database does not answer in time', {
    signal: waiting.signal,
    ref: false,
  }).catch(() => undefined)
  try {
    return await Promise.race([databaseFault(parts, writes), late])
  } finally {
    waiting.abort()
  }
}

const CANNOT_WRITE = 'the database cannot write; look whether its disk is full, and whether it is read-only'

async function databaseFault(
  { storage, hasJustFailed = () => false }: ReadinessParts,
  writes: boolean,
): Promise<string | undefined> {
  try {
    await sql`select 1`.execute(storage.db)
  } catch {
    return 'the database does not answer'
  }
  if (hasJustFailed()) return CANNOT_WRITE
  if (!writes) return undefined
  try {
    await writeAsToken(storage)
    return undefined
  } catch {
    return CANNOT_WRITE
  }
}

/** As long as a long row of a token. */
const TRIAL_CHARACTERS = 256

/** Writes what a token leaves, durably, and nothing stays of it. */
async function writeAsToken(storage: ReadinessParts['storage']): Promise<void> {
  const long = 'x'.repeat(TRIAL_CHARACTERS)
  const entry = { ...unaskedEntry('issue-token', new Date(0), { resourceId: long }), audience: long }
  const digest = `readiness ${entry.id}`
  await storage.append(async (trx) => {
    await trx.insertInto('assertion').values({ digest, expires_at: 0 }).execute()
    await recordAudit(trx, [entry])
    await trx.deleteFrom('assertion').where('digest', '=', digest).execute()
    await trx.deleteFrom('audit').where('id', '=', entry.id).execute()
  })
}
