/**
 * Which answers are asked for again, and when.
 *
 * @see docs/protocol.md#errors
 * @module
 */

import { readRetryAfter } from '@landfast/protocol'
import type { Answer } from './http.ts'
import { isSilence, Silence, spread } from './silence.ts'

const TRIES_MAX = 4
const FIRST_PAUSE_MS = 800
const RETRY_AFTER_MAX_MS = 60_000
/** A service says so while it is updated, which takes up to 70 seconds. */
const GONE = 410
const GONE_PAUSE_MS = 10_000
const GONE_TRIES_MAX = 9

/** Statuses that pass, of any endpoint. */
function passes(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
}

/** The clocks by which it is asked again. */
export interface RetryClock {
  /** Milliseconds since 1970, for a `Retry-After` that is a date. */
  now(): number
  /** Milliseconds by a clock that nobody sets. */
  monotonic(): number
  wait(milliseconds: number): Promise<void>
}

/** What is known of the service that is asked. */
export interface RetryRules {
  /** Whether 404 passes as well: the metadata service of a virtual machine says so while it is not ready. */
  starting?: boolean
  /** Whether it may well not be there, so that its silence is an answer. */
  guessed?: boolean
  /** No pause ends later than that. */
  withinMs?: number
}

/**
 * Asks until the answer is one that stays. A service that is silent is waited for.
 *
 * @throws {ClientError} what `ask` throws: at once, or for a silence once that has lasted.
 */
export async function askUntilSettled(
  ask: () => Promise<Answer>,
  clock: RetryClock,
  { starting = false, guessed = false, withinMs = Number.POSITIVE_INFINITY }: RetryRules = {},
): Promise<Answer> {
  const end = clock.monotonic() + withinMs
  const inTime = (pause: number | undefined) =>
    pause !== undefined && clock.monotonic() + pause <= end ? pause : undefined
  const silence = new Silence()
  for (let answers = 1; ; ) {
    let pause: number | undefined
    const askedAt = clock.monotonic()
    try {
      const answer = await ask()
      silence.end()
      pause = inTime(pauseAfter(answer, answers, starting, clock.now()))
      if (pause === undefined) return answer
      answers += 1
    } catch (error) {
      if (guessed || !isSilence(error)) throw error
      pause = inTime(silence.pauseAfter(askedAt, clock.monotonic()))
      if (pause === undefined) throw error
    }
    await clock.wait(pause)
  }
}

/** Milliseconds after which to ask again; undefined if the answer stays. */
export function pauseAfter(
  { status, headers }: Pick<Answer, 'status' | 'headers'>,
  tries: number,
  starting: boolean,
  now: number,
): number | undefined {
  if (status === GONE) return tries < GONE_TRIES_MAX ? GONE_PAUSE_MS : undefined
  if (!passes(status) && !(status === 404 && starting)) return undefined
  if (tries >= TRIES_MAX) return undefined
  const backoff = spread(FIRST_PAUSE_MS * 2 ** (tries - 1))
  return Math.max(backoff, Math.min((readRetryAfter(headers, now) ?? 0) * 1000, RETRY_AFTER_MAX_MS))
}
