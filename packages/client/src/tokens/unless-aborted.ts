/**
 * Waits for something that others may wait for as well, until this caller gives up.
 *
 * @module
 */

import type { AbortSignalLike } from '../access-token.ts'
import { ClientError } from '../errors.ts'

/** What `waited` brings. @throws {ClientError} `aborted` once the signal says so; `waited` itself goes on. */
export async function unlessAborted<T>(waited: Promise<T>, signal: AbortSignalLike | undefined): Promise<T> {
  if (!signal) return waited
  let giveUp = () => {}
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(new ClientError('aborted', 'while the token was asked for'))
  })
  if (signal.aborted) giveUp()
  signal.addEventListener('abort', giveUp)
  try {
    return await Promise.race([aborted, waited])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
