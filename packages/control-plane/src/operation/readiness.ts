/**
 * Tells whether a request could be answered now: the database answers, and there is a key to sign with.
 *
 * @module
 */

import { setTimeout as delay } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { SigningKeys } from '../authority/signing-keys.ts'
import type { Schema } from '../storage/schema.ts'

/** The answer comes within this time: load balancers give up after about that. */
const ANSWER_MILLISECONDS = 2_000

/** However many ask, the database is asked once in this time. */
const KEPT_MILLISECONDS = 1_000

/** Undefined when it is ready, otherwise why not. */
export type WhyNotReady = () => Promise<string | undefined>

/** Looks at most once a second. */
export function createReadiness(parts: {
  db: Kysely<Schema>
  signingKeys: Pick<SigningKeys, 'current'>
}): WhyNotReady {
  let askedAt = Number.NEGATIVE_INFINITY
  let answer: Promise<string | undefined> = Promise.resolve(undefined)
  return () => {
    const time = performance.now()
    if (time - askedAt >= KEPT_MILLISECONDS) {
      askedAt = time
      answer = whyNotReady(parts)
    }
    return answer
  }
}

async function whyNotReady({
  db,
  signingKeys,
}: Parameters<typeof createReadiness>[0]): Promise<string | undefined> {
  try {
    signingKeys.current()
  } catch {
    return 'there is no key to sign with'
  }
  const waiting = new AbortController()
  const asked = sql`select 1`.execute(db).then(
    () => undefined,
    () => 'the database does not answer',
  )
  const late = delay(ANSWER_MILLISECONDS, 'the database does not answer in time', {
    signal: waiting.signal,
    ref: false,
  }).catch(() => undefined)
  try {
    return await Promise.race([asked, late])
  } finally {
    waiting.abort()
  }
}
