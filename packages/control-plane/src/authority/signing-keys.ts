/**
 * The keys that sign access tokens, kept sealed in the database. Replicas agree on them without a leader: each reads
 * the table now and then, and the first that sees that a new key is due makes it.
 *
 * @module
 */

import type { Logger } from 'pino'
import { sealingKey } from '../storage/encryption-key.ts'
import type { EncryptionKey } from '../storage/sealed-text.ts'
import type { Storage } from '../storage/storage.ts'
import { type MakeKeyPair, makeSigningKey, type PublishedKey, type SigningKey } from './signing-key.ts'
import { type Rotation, type RotationOutcome, rotateSigningKey } from './signing-key-rotation.ts'
import { isAstray, nextStart, publishedAt, signingAt, successorStart } from './signing-key-schedule.ts'
import {
  deleteUnpublished,
  mendSchedule,
  openSigningKey,
  readSigningKeys,
  type StoredSigningKey,
  sealSigningKey,
} from './signing-key-store.ts'

/** How often a replica reads the table, and so for how long at most it publishes a key that another one withdrew. */
const REFRESH_MILLISECONDS = 5_000

/** How often unknown key ids may make it read the table out of turn. */
const SEEK_MILLISECONDS = 5_000

/** The keys of this control plane. What they return for one key is the same object each time. */
export interface SigningKeys {
  /** The key that signs now. */
  current(): SigningKey
  /** Every key that verifiers must know now. */
  published(): readonly PublishedKey[]
  /** The published key with this id, as far as this replica knows. */
  find(kid: string): PublishedKey | undefined
  /** The same, and for an unknown id the table is read once more: another replica may have made it just now. */
  seek(kid: string): Promise<PublishedKey | undefined>
  /** Every key with its times, in the order in which they sign. */
  schedule(): readonly ScheduledKey[]
  /** When another key signs, unless a person has one made sooner. */
  nextRotation(): Date | undefined
  /** Makes a new key, or resolves to the one that another replica just made; durable when it resolves. */
  rotate(rotation: Rotation): Promise<RotatedKey>
  /** Reads the table now. */
  refresh(): Promise<void>
  /** Ends the reading of the table. */
  close(): Promise<void>
}

/** The newest key after a rotation. */
export interface RotatedKey {
  kid: string
  signsFrom: Date
}

/** A key and when it does what. */
export interface ScheduledKey extends RotatedKey {
  /** Undefined while no newer key is to sign. */
  publishedUntil: Date | undefined
  signs: boolean
}

/** What the keys work with. */
export interface SigningKeyParts {
  storage: Storage
  encryptionKey: EncryptionKey
  /** How long each key signs. */
  rotationDays: number
  /** Default: new pairs. */
  makeKeyPair?: MakeKeyPair | undefined
  log: Logger
  now: () => Date
}

/**
 * The keys in the database; the first start makes the first one.
 *
 * @throws {StorageError} `encryption_key_wrong` or `sealed_text_damaged`.
 */
export async function openSigningKeys(parts: SigningKeyParts): Promise<SigningKeys> {
  const ring = new KeyRing(parts)
  await ring.refresh()
  ring.keepFresh()
  return ring
}

class KeyRing implements SigningKeys {
  readonly #parts: SigningKeyParts
  readonly #opened = new Map<string, SigningKey>()
  #rows: readonly StoredSigningKey[] = []
  /** One reading follows the other, so that none ends with an older state than the one before it. */
  #reading: Promise<void> = Promise.resolve()
  #soughtAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(parts: SigningKeyParts) {
    this.#parts = parts
  }

  current(): SigningKey {
    const row = signingAt(this.#rows, this.#time())
    if (!row) throw new Error('there is no signing key; refresh first')
    return this.#open(row)
  }

  published(): readonly PublishedKey[] {
    return publishedAt(this.#rows, this.#time()).map((row) => this.#open(row).published)
  }

  find(kid: string): PublishedKey | undefined {
    return this.published().find((key) => key.kid === kid)
  }

  schedule(): readonly ScheduledKey[] {
    const signing = signingAt(this.#rows, this.#time())
    return publishedAt(this.#rows, this.#time()).map((row) => ({
      kid: row.kid,
      signsFrom: new Date(row.signsFrom),
      publishedUntil: row.publishedUntil === null ? undefined : new Date(row.publishedUntil),
      signs: row === signing,
    }))
  }

  nextRotation(): Date | undefined {
    const next = nextStart(this.#rows, this.#time(), this.#parts.rotationDays)
    return next === undefined ? undefined : new Date(next)
  }

  async seek(kid: string): Promise<PublishedKey | undefined> {
    const known = this.find(kid)
    if (known || this.#time() - this.#soughtAt < SEEK_MILLISECONDS) return known
    this.#soughtAt = this.#time()
    await this.refresh()
    return this.find(kid)
  }

  async rotate(rotation: Rotation): Promise<RotatedKey> {
    const { kid, signsFrom } = await (rotation.urgency === 'compromised'
      ? this.#replace(rotation)
      : this.#rotate(this.#rows, rotation))
    await this.refresh()
    return { kid, signsFrom: new Date(signsFrom) }
  }

  refresh(): Promise<void> {
    const reading = this.#reading.then(() => this.#read())
    this.#reading = reading.catch(() => undefined)
    return reading
  }

  keepFresh(): void {
    const { log } = this.#parts
    const refreshOrLog = () =>
      this.refresh().catch((err) =>
        log.error({ err }, 'the signing keys could not be read; it is tried again'),
      )
    this.#timer = setInterval(refreshOrLog, REFRESH_MILLISECONDS).unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#reading
  }

  async #read(): Promise<void> {
    const { storage } = this.#parts
    const { db } = storage
    const time = this.#time()
    const found = await readSigningKeys(db)
    const isStray = found.some((row) => isAstray(row, time))
    if (isStray) await storage.change((trx) => mendSchedule(trx, time))
    const rows = isStray ? await readSigningKeys(db) : found
    const startsAt = successorStart(rows, this.#time(), this.#parts.rotationDays)
    if (startsAt !== undefined) await this.#rotate(rows, { urgency: 'planned', startsAt })
    const present = startsAt === undefined ? rows : await readSigningKeys(db)
    // Opened now: a key that cannot be opened is to be found at the start, not when its time comes.
    for (const row of present) this.#open(row)
    this.#rows = present
    await deleteUnpublished(db, this.#time())
  }

  async #rotate(seen: readonly StoredSigningKey[], rotation: Rotation): Promise<StoredSigningKey> {
    const outcome = await this.#tryRotation(seen, rotation)
    if (!outcome) throw new Error('only a rotation of compromised keys may have to be tried again')
    return outcome.newest
  }

  /** Whatever else changes the keys meanwhile, the one that stays was made after the word, and so after that change. */
  async #replace(rotation: Rotation): Promise<StoredSigningKey> {
    for (;;) {
      const seen = await readSigningKeys(this.#parts.storage.db)
      const outcome = await this.#tryRotation(seen, rotation)
      if (outcome) return outcome.newest
    }
  }

  async #tryRotation(
    seen: readonly StoredSigningKey[],
    rotation: Rotation,
  ): Promise<RotationOutcome | undefined> {
    const { storage, encryptionKey, now, log, makeKeyPair } = this.#parts
    const { kid, certificate, privateKey } = await makeSigningKey(now(), makeKeyPair)
    const outcome = await rotateSigningKey(storage, {
      seen,
      candidate: { kid, certificate },
      seal: async (trx) => sealSigningKey(await sealingKey(trx, encryptionKey), kid, privateKey),
      rotation,
      now: now(),
    })
    if (outcome?.changed) {
      const { kid, signsFrom } = outcome.newest
      const { urgency } = rotation
      log.info({ kid, signsFrom: new Date(signsFrom), urgency }, 'signing keys rotated')
    }
    return outcome
  }

  #open(row: StoredSigningKey): SigningKey {
    const opened = this.#opened.get(row.kid) ?? openSigningKey(this.#parts.encryptionKey, row)
    this.#opened.set(row.kid, opened)
    return opened
  }

  #time(): number {
    return this.#parts.now().getTime()
  }
}
