/**
 * A folder that a fault closes, as it is to a program that lost its group, until the next request comes.
 *
 * @module
 */

import { chmod, stat } from 'node:fs/promises'

const MODE_BITS = 0o777

/** The one folder that a fault closes. */
export class ClosedFolder {
  #closed: { path: string; mode: number } | undefined

  /** Nobody without the right of root reaches a file in it from now on. */
  async close(path: string): Promise<void> {
    if (this.#closed) return
    const { mode } = await stat(path)
    await chmod(path, 0o000)
    this.#closed = { path, mode: mode & MODE_BITS }
  }

  /** It is as it was. A folder that is gone needs nothing. */
  async open(): Promise<void> {
    const closed = this.#closed
    if (!closed) return
    this.#closed = undefined
    await chmod(closed.path, closed.mode).catch(() => {})
  }
}
