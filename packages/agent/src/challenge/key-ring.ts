/**
 * The keys that a caller could present now, and the files that hold them.
 *
 * A key is first presented within 60 seconds of its challenge; presented rightly but answered with a failure,
 * it stays good for 120 seconds after that first use; the answer that carries a token spends it. The file of a
 * spent key is overwritten with a new key while it is younger than 60 seconds, and removed after.
 *
 * @see docs/protocol.md#the-challenge
 * @see docs/decisions/0002-key-ring.md
 * @module
 */

import { KEYS_ALIVE_MAX } from '@landfast/protocol'
import { equalInConstantTime } from './constant-time.ts'
import { createKey, idOf, type Key, move, rewriteKey } from './key.ts'
import type { KeyFiles } from './key-files.ts'
import { isFileReusable, isInFirstUse, isInRetry } from './key-lifetime.ts'
import { KeyQueue } from './key-queue.ts'
import { createFillRandom } from './random-characters.ts'

/** Spent files kept for the next challenges; as many as are ever in flight at once. */
const FREE_FILES_MAX = 64

/** Files removed in one go, so that the end of a flood does not stop the agent. */
const REMOVALS_AT_ONCE = 128

/** A key that was presented rightly. */
export interface PresentedKey {
  /** Uses the key up. False if another answer has already done so: then this one must carry no token. */
  spend(): boolean
}

/** What the challenge needs of its keys. */
export interface Keys {
  /**
   * The path of a file that holds a key, complete when this returns.
   *
   * @throws the system's error if no file could be written.
   */
  issue(): string
  /** Undefined if `key` is unknown, spent or too old. */
  present(key: string): PresentedKey | undefined
}

/** Everything the ring takes from outside. */
export interface KeyRingOptions {
  files: KeyFiles
  /** Milliseconds that never jump. */
  monotonic: () => number
}

/** A bounded set of keys and their files. */
export class KeyRing implements Keys {
  readonly #files: KeyFiles
  readonly #monotonic: () => number
  readonly #fillRandom = createFillRandom()
  /** By id; spent ones as long as their file may be written again. */
  readonly #keys = new Map<string, Key>()
  /** Challenged, not presented yet; oldest first. */
  readonly #issued = new KeyQueue<Key>()
  /** Presented, not spent yet; first used first. */
  readonly #used = new KeyQueue<Key>()
  /** Past the bound: one key for all challenges of a second, good for any number of uses; oldest first. */
  readonly #shared = new KeyQueue<Key>()
  /** Spent files that may be written again; the last spent is taken first, while the processor still has it at hand. */
  readonly #free: Key[] = []

  constructor(options: KeyRingOptions) {
    this.#files = options.files
    this.#monotonic = options.monotonic
  }

  /** Keys not retired yet: at most 4,096, and those shared in the last 60 seconds. */
  get alive(): number {
    return this.#issued.size + this.#used.size + this.#shared.size
  }

  issue(): string {
    const now = this.#monotonic()
    this.#retire(now)
    const full = this.#issued.size + this.#used.size >= KEYS_ALIVE_MAX
    return (full ? this.#share(now) : this.#write(now, this.#issued)).file.path
  }

  present(shown: string): PresentedKey | undefined {
    const now = this.#monotonic()
    const key = this.#keys.get(idOf(shown))
    if (!key?.queue || !equalInConstantTime(key.content, shown)) return undefined
    const isGood = key.queue === this.#used ? isInRetry(key.since, now) : isInFirstUse(key.since, now)
    if (!isGood) return undefined
    if (key.queue === this.#shared) return REUSABLE
    if (key.queue === this.#issued) this.#use(key, now)
    const { writings } = key
    return { spend: () => key.writings === writings && this.#spend(key) }
  }

  /** Forgets what can no longer be presented and removes files that may not be written again. */
  sweep(): void {
    const now = this.#monotonic()
    this.#retire(now)
    for (const key of this.#free.filter(({ madeAt }) => !isFileReusable(madeAt, now))) {
      this.#free.splice(this.#free.indexOf(key), 1)
      this.#forget(key)
    }
  }

  /** Forgets every key and removes every file. */
  clear(): void {
    this.#free.length = 0
    for (const key of this.#keys.values()) this.#forget(key)
  }

  /** The key of this second, for a flood that must neither fill the disk nor lock anyone out. */
  #share(now: number): Key {
    const { newest } = this.#shared
    if (newest && Math.floor(newest.since / 1000) === Math.floor(now / 1000)) return newest
    return this.#write(now, this.#shared)
  }

  #write(now: number, queue: KeyQueue<Key>): Key {
    const key = this.#rewriteFree(now) ?? this.#create(now)
    key.since = now
    key.writings += 1
    move(key, queue)
    return key
  }

  /** A spent key whose file holds a new one; what is too old or cannot be written is given up. */
  #rewriteFree(now: number): Key | undefined {
    for (let key = this.#free.pop(); key; key = this.#free.pop()) {
      if (isFileReusable(key.madeAt, now) && rewriteKey(key, this.#fillRandom)) return key
      this.#forget(key)
    }
    return undefined
  }

  #create(now: number): Key {
    const key = createKey(this.#files, this.#fillRandom, now)
    this.#keys.set(key.file.id, key)
    return key
  }

  #use(key: Key, now: number): void {
    key.since = now
    move(key, this.#used)
  }

  #spend(key: Key): boolean {
    if (key.queue !== this.#used) return false
    if (key.file.overwrite && this.#free.length < FREE_FILES_MAX) {
      move(key, undefined)
      this.#free.push(key)
    } else {
      this.#forget(key)
    }
    return true
  }

  #retire(now: number): void {
    for (let left = REMOVALS_AT_ONCE; left > 0; left -= 1) {
      const key = this.#oldestPast(now)
      if (!key) return
      this.#forget(key)
    }
  }

  /** A key that may not be presented any more. */
  #oldestPast(now: number): Key | undefined {
    const { oldest: issued } = this.#issued
    if (issued && !isInFirstUse(issued.since, now)) return issued
    const { oldest: used } = this.#used
    if (used && !isInRetry(used.since, now)) return used
    const { oldest: shared } = this.#shared
    return shared && !isInFirstUse(shared.since, now) ? shared : undefined
  }

  #forget(key: Key): void {
    move(key, undefined)
    this.#keys.delete(key.file.id)
    key.file.remove()
  }
}

/** A shared key may be used again. */
const REUSABLE: PresentedKey = { spend: () => true }
