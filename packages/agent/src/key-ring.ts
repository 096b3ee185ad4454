/**
 * The keys that could be presented now, and the files they stand in.
 *
 * A key is first presented within 60 seconds of its challenge; presented rightly but answered with a failure,
 * it stays good for 120 seconds after that first use; the answer that carries a token spends it. The file of a
 * spent key is overwritten with a new key while it is younger than 60 seconds, and removed after.
 *
 * Time is monotonic, so that nobody's clock change brings a key back.
 *
 * @see docs/protocol.md#the-challenge
 * @see docs/decisions/0002-key-ring.md
 * @module
 */

import { randomUUID, timingSafeEqual } from 'node:crypto'
import {
  KEY_FILE_REUSE_SECONDS,
  KEY_FIRST_USE_SECONDS,
  KEY_RETRY_SECONDS,
  KEYS_ALIVE_MAX,
} from '@landfast/protocol'
import type { KeyFile, KeyFiles } from './key-files.ts'
import { createRandomSecrets } from './random-pool.ts'

/** Spent files kept for the next challenges; as many as are ever in flight at once. */
const FREE_FILES_MAX = 64

/** Bytes that nobody can guess. */
const SECRET_BYTES = 32

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

interface Key {
  readonly file: Aged<KeyFile>
  readonly secret: Buffer
  /** Monotonic milliseconds of the challenge; of the first use once the key is in `used`. */
  since: number
}

interface Aged<T> {
  readonly value: T
  /** Monotonic milliseconds at which the file was made. */
  readonly madeAt: number
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
  readonly #newSecret = createRandomSecrets(SECRET_BYTES)
  /** Challenged, not presented yet; oldest first. */
  readonly #issued = new Map<string, Key>()
  /** Presented, not spent yet; first used first. */
  readonly #used = new Map<string, Key>()
  /** Past the bound: one key for all challenges of a second, good for any number of uses; oldest first. */
  readonly #shared = new Map<string, Key>()
  /** Spent files that may be written again; the last spent is taken first, while the processor still has it at hand. */
  readonly #free: Aged<KeyFile>[] = []
  #newestShared: Key | undefined

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
    return (full ? this.#share(now) : this.#issueOwn(now)).file.value.path
  }

  present(key: string): PresentedKey | undefined {
    const now = this.#monotonic()
    const dot = key.indexOf('.')
    const id = key.slice(0, dot)
    const secret = Buffer.from(key.slice(dot + 1), 'latin1')
    const shared = this.#shared.get(id)
    if (shared) return isGood(shared, secret, now, KEY_FIRST_USE_SECONDS) ? { spend: () => true } : undefined
    const known = this.#use(id, secret, now)
    return known && { spend: () => this.#spend(id, known) }
  }

  /** Forgets what can no longer be presented and removes files that may not be written again. */
  sweep(): void {
    const now = this.#monotonic()
    this.#retire(now)
    const stale = this.#free.filter((file) => !isReusable(file, now))
    for (const file of stale) {
      this.#free.splice(this.#free.indexOf(file), 1)
      file.value.remove()
    }
  }

  /** Forgets every key and removes every file. */
  clear(): void {
    for (const keys of [this.#issued, this.#used, this.#shared]) {
      for (const key of keys.values()) key.file.value.remove()
      keys.clear()
    }
    for (const file of this.#free.splice(0)) file.value.remove()
    this.#newestShared = undefined
  }

  #issueOwn(now: number): Key {
    const key = this.#write(now)
    this.#issued.set(key.file.value.id, key)
    return key
  }

  /** The key of this second, for a flood that must neither fill the disk nor lock anyone out. */
  #share(now: number): Key {
    const newest = this.#newestShared
    if (newest && Math.floor(newest.since / 1000) === Math.floor(now / 1000)) return newest
    const key = this.#write(now)
    this.#shared.set(key.file.value.id, key)
    this.#newestShared = key
    return key
  }

  #write(now: number): Key {
    const secret = this.#newSecret()
    const file = this.#rewriteFree(secret, now) ?? this.#create(secret, now)
    return { file, secret: Buffer.from(secret, 'latin1'), since: now }
  }

  /** A free file with the new key in it; one that is too old or cannot be written is given up. */
  #rewriteFree(secret: string, now: number): Aged<KeyFile> | undefined {
    for (let file = this.#free.pop(); file; file = this.#free.pop()) {
      if (isReusable(file, now) && rewrite(file.value, secret)) return file
      file.value.remove()
    }
    return undefined
  }

  #create(secret: string, now: number): Aged<KeyFile> {
    const id = randomUUID()
    return { value: this.#files.create(id, formatKey(id, secret)), madeAt: now }
  }

  #use(id: string, secret: Buffer, now: number): Key | undefined {
    const used = this.#used.get(id)
    if (used) return isGood(used, secret, now, KEY_RETRY_SECONDS) ? used : undefined
    const issued = this.#issued.get(id)
    if (!issued || !isGood(issued, secret, now, KEY_FIRST_USE_SECONDS)) return undefined
    this.#issued.delete(id)
    issued.since = now
    this.#used.set(id, issued)
    return issued
  }

  #spend(id: string, key: Key): boolean {
    if (this.#used.get(id) !== key) return false
    this.#used.delete(id)
    if (key.file.value.overwrite && this.#free.length < FREE_FILES_MAX) this.#free.push(key.file)
    else key.file.value.remove()
    return true
  }

  #retire(now: number): void {
    let removals = REMOVALS_AT_ONCE
    for (const [keys, seconds] of [
      [this.#issued, KEY_FIRST_USE_SECONDS],
      [this.#used, KEY_RETRY_SECONDS],
      [this.#shared, KEY_FIRST_USE_SECONDS],
    ] as const) {
      for (const [id, key] of keys) {
        if (isYoung(key.since, now, seconds) || removals === 0) break
        removals -= 1
        keys.delete(id)
        key.file.value.remove()
      }
    }
  }
}

function rewrite(file: KeyFile, secret: string): boolean {
  try {
    file.overwrite?.(formatKey(file.id, secret))
    return file.overwrite !== undefined
  } catch {
    return false
  }
}

/** The part before the dot finds the key, the part after it proves it. */
function formatKey(id: string, secret: string): string {
  return `${id}.${secret}`
}

function isGood(key: Key, secret: Buffer, now: number, seconds: number): boolean {
  const equal = key.secret.length === secret.length && timingSafeEqual(key.secret, secret)
  return equal && isYoung(key.since, now, seconds)
}

function isReusable(file: Aged<KeyFile>, now: number): boolean {
  return isYoung(file.madeAt, now, KEY_FILE_REUSE_SECONDS)
}

function isYoung(since: number, now: number, seconds: number): boolean {
  return now - since < seconds * 1000
}
