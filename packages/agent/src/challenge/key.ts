/**
 * A key, and the file that holds it. A key is its id, a dot and its secret: the part before the dot finds it, the whole
 * proves it.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { KeyFile, KeyFiles } from './key-files.ts'
import type { KeyQueue, Queued } from './key-queue.ts'
import type { FillRandom } from './random-characters.ts'

/** Characters of six random bits each: 258 bits, too many to guess. */
const SECRET_CHARACTERS = 43

const ID_CHARACTERS = 36
const SECRET_AT = ID_CHARACTERS + 1

/** A file and the key in it. It lives as long as the file, so that a challenge makes and throws away nothing. */
export interface Key extends Queued<Key> {
  readonly file: KeyFile
  /** Monotonic milliseconds at which the file was made. */
  readonly madeAt: number
  /** What stands in the file: the key itself, changed in place with each writing. */
  readonly content: Buffer
  /** Undefined once the key is spent. */
  queue: KeyQueue<Key> | undefined
  /** Monotonic milliseconds of the challenge; of the first use once the key was presented. */
  since: number
  /** How often the file was written, so that a request that waited with an old key is known. */
  writings: number
}

/** The part of a presented key that finds it. */
export function idOf(shown: string): string {
  return shown.slice(0, ID_CHARACTERS)
}

/** A new key in a new file. @throws the system's error if none could be written. */
export function createKey(files: KeyFiles, fillRandom: FillRandom, now: number): Key {
  const id = randomUUID()
  const content = Buffer.alloc(SECRET_AT + SECRET_CHARACTERS)
  content.write(`${id}.`, 'latin1')
  fillRandom(content, SECRET_AT)
  return {
    file: files.create(id, content),
    madeAt: now,
    content,
    queue: undefined,
    since: now,
    writings: 0,
    older: undefined,
    newer: undefined,
  }
}

/** Writes a new secret to the key's file; false if that could not be done, and what stands there is unknown. */
export function rewriteKey({ file, content }: Key, fillRandom: FillRandom): boolean {
  fillRandom(content, SECRET_AT)
  try {
    file.overwrite?.(content)
    return file.overwrite !== undefined
  } catch {
    return false
  }
}

/** Takes a key out of the queue in which it stands, and into `queue`. */
export function move(key: Key, queue: KeyQueue<Key> | undefined): void {
  key.queue?.remove(key)
  key.queue = queue
  queue?.add(key)
}
