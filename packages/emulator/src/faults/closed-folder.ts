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
  #isOver = false
  /** One change of the mode comes after the other: else the mode of a closed folder might be taken for its own. */
  #turn: Promise<void> = Promise.resolve()

  /** Nobody without the right of root reaches a file in it from now on. */
  async close(path: string): Promise<void> {
    await this.#change(async () => {
      if (this.#closed || this.#isOver) return
      const { mode } = await stat(path)
      this.#closed = { path, mode: mode & MODE_BITS }
      await chmod(path, 0o000)
    })
  }

  /** It is as it was. A folder that is gone needs nothing. */
  async open(): Promise<void> {
    await this.#change(async () => {
      if (!this.#closed) return
      const { path, mode } = this.#closed
      await chmod(path, mode).catch(() => {})
      this.#closed = undefined
    })
  }

  /** It is as it was, and stays so: a request that is still being answered closes it no more. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.open()
  }

  #change(make: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.catch(() => {}).then(make)
    return this.#turn
  }
}
