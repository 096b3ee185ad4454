/**
 * Texts that the database keeps only sealed: AES-256-GCM under the encryption key, bound to their place, so that one
 * copied over another is no longer readable.
 *
 * @see https://csrc.nist.gov/pubs/sp/800/38/d/final
 * @module
 */

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { StorageError } from './storage-error.ts'

/** How many bytes an encryption key has. */
export const ENCRYPTION_KEY_BYTES = 32

const CIPHER = 'aes-256-gcm'
/** What sealed texts begin with; another way of sealing would get another word. */
const VERSION = 'lfs1'
const IV_BYTES = 12
const TAG_BYTES = 16
const KEY_ID_BYTES = 8

/** What seals. */
export interface EncryptionKey {
  /** Names the key without telling it: it stands in every text that was sealed under it. */
  readonly id: string
  readonly secret: KeyObject
  /** Keys that open too, while one takes the place of the other. */
  readonly others?: EncryptionKey[]
}

/** `key` and the others that open with it. */
export function keysOf(key: EncryptionKey): readonly EncryptionKey[] {
  return [key, ...(key.others ?? [])]
}

/** The id of the key under which a text was sealed. */
export function keyIdOf(sealed: string): string | undefined {
  return sealed.split('.')[1]
}

/**
 * Reads an encryption key: 32 random bytes in base64, base64url or hexadecimal. `origin` says where it was found.
 *
 * @throws {StorageError} `encryption_key_malformed`, without what was given.
 */
export function readEncryptionKey(text: string, origin?: string): EncryptionKey {
  const trimmed = text.trim()
  const bytes = Buffer.from(trimmed, /^[0-9a-f]{64}$/i.test(trimmed) ? 'hex' : 'base64')
  // Node passes over what is not base64, so a key with a slip in it would be another key.
  if (bytes.length !== ENCRYPTION_KEY_BYTES || !/^([0-9a-f]{64}|[\w+/-]{43}=?)$/i.test(trimmed)) {
    throw new StorageError('encryption_key_malformed', origin === undefined ? {} : { detail: origin })
  }
  const id = createHash('sha256').update('landfast encryption key id\0').update(bytes).digest()
  return { id: id.subarray(0, KEY_ID_BYTES).toString('base64url'), secret: createSecretKey(bytes) }
}

/** Seals `text` for `place`, such as "signing_key/KID"; only there it can be opened again. */
export function sealText(key: EncryptionKey, place: string, text: string): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, key.secret, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(boundTo(key.id, place))
  const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `${VERSION}.${key.id}.${sealed.toString('base64url')}`
}

/**
 * Opens what was sealed for `place`.
 *
 * @throws {StorageError} `encryption_key_wrong` if none of the keys sealed it; `sealed_text_damaged` if it was
 *   changed or stands at another place.
 */
export function openText(key: EncryptionKey, place: string, sealed: string): string {
  const [version, id, body] = sealed.split('.')
  if (version !== VERSION || body === undefined)
    throw new StorageError('sealed_text_damaged', { detail: place })
  const opening = keysOf(key).find((one) => one.id === id)
  if (!opening) throw new StorageError('encryption_key_wrong', { detail: `it was sealed under key ${id}` })
  try {
    return decrypt(opening, place, Buffer.from(body, 'base64url'))
  } catch (cause) {
    throw new StorageError('sealed_text_damaged', { detail: place, cause })
  }
}

function decrypt(key: EncryptionKey, place: string, bytes: Buffer): string {
  const cipher = createDecipheriv(CIPHER, key.secret, bytes.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  })
  cipher.setAAD(boundTo(key.id, place))
  cipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const text = cipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES))
  return Buffer.concat([text, cipher.final()]).toString('utf8')
}

function boundTo(keyId: string, place: string): Buffer {
  return Buffer.from(`${VERSION}.${keyId}.${place}`)
}
