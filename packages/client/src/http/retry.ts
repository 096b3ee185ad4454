/**
 * Which answers are asked for again, and when.
 *
 * @see docs/protocol.md#errors
 * @module
 */

import type { Answer } from './http.ts'

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

/**
 * Asks until the answer is one that stays. `starting` adds 404, by which the metadata service of a virtual machine
 * says that it is not ready.
 */
export async function askUntilSettled(
  ask: () => Promise<Answer>,
  surroundings: { now(): number; wait(milliseconds: number): Promise<void> },
  { starting }: { starting: boolean },
): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await ask()
    const pause = pauseAfter(answer, tries, starting, surroundings.now())
    if (pause === undefined) return answer
    await surroundings.wait(pause)
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
  // Many programs that were refused together do not come back together.
  const backoff = FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.8 + Math.random() * 0.4)
  return Math.max(backoff, readRetryAfter(headers['retry-after'], now) ?? 0)
}

/** Milliseconds that a `Retry-After` asks to wait: seconds, or a date. At most a minute; undefined if it says nothing. */
export function readRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  const pause = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return pause > 0 ? Math.min(pause, RETRY_AFTER_MAX_MS) : undefined
}
