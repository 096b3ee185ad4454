/**
 * One ear for all streams of a process: it is there from the first stream on, and for a little while after the last.
 *
 * @module
 */

import type { Logger } from 'pino'
import type { Announcements, Ear, Listening } from '../../storage/announcements/announcements.ts'

/** Who goes from page to page has no stream for a moment. */
const LINGER_MILLISECONDS = 30_000

/** Where nothing could be heard it is not tried again before that, however many ask. */
const DEAF_MILLISECONDS = 10_000

/** What an ear is made of. */
export interface EarParts {
  announcements: Pick<Announcements, 'listen'>
  log: Pick<Logger, 'warn'>
  /** Any clock that only goes forward, in milliseconds. */
  monotonic: () => number
}

/** An ear that is shared. */
export interface SharedEar {
  /** Resolves when it hears. @throws {StorageError} if it cannot, and then it is not used. */
  use(): Promise<void>
  /** Tells that one use has ended. */
  leave(): void
  /** Ends it at once, whoever uses it. */
  close(): void
}

/** An ear that does not hear yet. `ear.lose` is told when it hears no more, and all uses have to end then. */
export function createSharedEar(parts: EarParts, { hear, lose }: Ear): SharedEar {
  const { announcements, log, monotonic } = parts
  let listening: Promise<Listening> | undefined
  let uses = 0
  let deafUntil = Number.NEGATIVE_INFINITY
  let lingering: NodeJS.Timeout | undefined
  let failure: unknown

  async function listen(): Promise<Listening> {
    if (monotonic() < deafUntil) throw failure
    try {
      return await announcements.listen({ hear, lose: forget })
    } catch (err) {
      log.warn({ err }, 'changes cannot be heard of; open pages of the portal ask every few seconds instead')
      failure = err
      deafUntil = monotonic() + DEAF_MILLISECONDS
      throw err
    }
  }

  function forget(): void {
    listening = undefined
    lose()
  }

  /** One that failed is no one's any more, unless another was begun since. */
  function begin(): Promise<Listening> {
    const begun = listen()
    begun.catch(() => {
      if (listening === begun) listening = undefined
    })
    return begun
  }

  function close(): void {
    clearTimeout(lingering)
    listening?.then((it) => it.stop()).catch(() => {})
    listening = undefined
  }

  function leave(): void {
    uses -= 1
    if (uses > 0) return
    lingering = setTimeout(close, LINGER_MILLISECONDS).unref()
  }

  return {
    use: async () => {
      uses += 1
      clearTimeout(lingering)
      listening ??= begin()
      try {
        await listening
      } catch (error) {
        leave()
        throw error
      }
    },
    leave,
    close,
  }
}
