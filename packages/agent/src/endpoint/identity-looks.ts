/**
 * Requests that wait until the control plane was asked which identities the machine has now. Whoever invents selectors
 * makes only its own requests wait, and fills no place of another user's or workload's.
 *
 * @see docs/protocol.md#selecting-an-identity
 * @module
 */

import { WireError } from '@landfast/protocol'

/** Requests of one user that wait at once. */
const WAITING_OF_USER_MAX = 8

/** Requests of all users that wait at once; well below the connections that an address takes. */
const WAITING_MAX = 64

/** A look takes no longer for who waits; SDKs wait for 30 seconds and more. */
const WITHIN_MS = 10_000

/** Seconds after which a request that found no place may come again. */
const RETRY_SECONDS = 2

/** Asks the control plane; resolves to whether it answered. Undefined where nothing can be asked. */
export type Look = (() => Promise<boolean>) | undefined

/** The requests that wait. */
export class IdentityLooks {
  readonly #look: Look
  readonly #waiting = new Map<string, number>()
  #all = 0

  constructor(look: Look) {
    this.#look = look
  }

  /**
   * Resolves once the machine's identities are known as they were after this call, to whether they are.
   *
   * @throws {WireError} `endpoint_throttled` if too many requests, or too many of this user, wait already.
   */
  async wait(sharer: string): Promise<boolean> {
    if (!this.#look) return true
    const ofUser = this.#waiting.get(sharer) ?? 0
    if (ofUser >= WAITING_OF_USER_MAX || this.#all >= WAITING_MAX) {
      throw new WireError('endpoint_throttled', { retryAfterSeconds: RETRY_SECONDS })
    }
    this.#count(sharer, 1)
    try {
      return await inTime(this.#look())
    } finally {
      this.#count(sharer, -1)
    }
  }

  #count(sharer: string, change: 1 | -1): void {
    this.#all += change
    const ofUser = (this.#waiting.get(sharer) ?? 0) + change
    if (ofUser > 0) this.#waiting.set(sharer, ofUser)
    else this.#waiting.delete(sharer)
  }
}

function inTime(answer: Promise<boolean>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), WITHIN_MS).unref()
  return Promise.race([answer, promise]).finally(() => clearTimeout(timer))
}
