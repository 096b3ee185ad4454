/**
 * Key files in memory, which note what was done with them.
 *
 * @module
 */

import type { KeyFile, KeyFiles } from '../../packages/agent/src/challenge/key-files.ts'

/** One content of one file, and when it was written. */
export interface Writing {
  id: string
  at: number
  /** When the file itself was made. */
  madeAt: number
}

/** A disk that holds key files. */
export class MemoryKeyFiles implements KeyFiles {
  /** What the disk holds, by path. */
  readonly contents = new Map<string, string>()
  readonly writings: Writing[] = []
  /** The most files there were at once. */
  most = 0
  made = 0
  /** No file can be made while it is set. */
  full = false
  /** None can be overwritten while it is set. */
  stuck = false
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  create(id: string, content: Buffer): KeyFile {
    if (this.full) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
    const path = `/keys/${id}.key`
    const madeAt = this.#now()
    this.#write({ id, at: madeAt, madeAt }, path, content)
    this.made += 1
    this.most = Math.max(this.most, this.contents.size)
    return {
      id,
      path,
      overwrite: (next) => {
        if (this.stuck) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
        this.#write({ id, at: this.#now(), madeAt }, path, next)
      },
      remove: () => this.contents.delete(path),
    }
  }

  /** The key in the file at `path`, as a client reads it. */
  read(path: string): string {
    const content = this.contents.get(path)
    if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    return content
  }

  #write(writing: Writing, path: string, content: Buffer): void {
    this.contents.set(path, content.toString('latin1'))
    this.writings.push(writing)
  }
}
