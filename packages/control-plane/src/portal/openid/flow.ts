/**
 * A sign-in under way at the provider. All that has to be known of it when the person comes back is in a cookie, sealed: any
 * replica can go on with it, nothing is written for somebody unknown, and it is of use in this browser alone.
 *
 * @see https://datatracker.ietf.org/doc/html/rfc9700#section-2.1
 * @module
 */

import { createSecretKey, hkdfSync, randomBytes } from 'node:crypto'
import { ENCRYPTION_KEY_BYTES, type EncryptionKey, openText, sealText } from '../../storage/sealed-text.ts'
import { StorageError } from '../../storage/storage-error.ts'
import { cookieIn } from '../session/cookie.ts'

/** One sign-in. */
export interface Flow {
  state: string
  nonce: string
  /** Of PKCE. */
  verifier: string
  /** Where to go on. */
  back: string
  /** The digest of the session that the browser has meanwhile. */
  former?: string | undefined
  expiresAt: Date
}

/** As long as a person may take at the provider, with a telephone in another room. */
const FLOW_SECONDS = 600

/** A browser keeps no cookie of more than 4,096 bytes. */
const BACK_MAX_CHARACTERS = 1_000

/** More than can be guessed, and as long as PKCE wants at least. */
const RANDOM_BYTES = 32

const NAME = '__Host-landfast-sign-in'

/** The person comes back from another site, so it cannot be as strict as the cookie of a session. */
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax'

/** The header that takes the cookie away. */
export const NO_FLOW_COOKIE = `${NAME}=; ${ATTRIBUTES}; Max-Age=0`

/** What a flow is sealed for. */
const PLACE = 'portal sign-in'

/** A flow that begins. */
export function newFlow({
  back,
  former,
  now,
}: {
  back: string
  former: string | undefined
  now: Date
}): Flow {
  return {
    state: randomText(),
    nonce: randomText(),
    verifier: randomText(),
    back: back.length > BACK_MAX_CHARACTERS ? '/portal' : back,
    former,
    expiresAt: new Date(now.getTime() + FLOW_SECONDS * 1000),
  }
}

function randomText(): string {
  return randomBytes(RANDOM_BYTES).toString('base64url')
}

/** The header that gives it to the browser. */
export function flowCookie(flow: Flow, key: EncryptionKey): string {
  return `${NAME}=${sealText(ownKey(key), PLACE, JSON.stringify(flow))}; ${ATTRIBUTES}; Max-Age=${FLOW_SECONDS}`
}

/** The flow in the header `Cookie` that `state` is of; undefined if there is none, or it has expired. */
export function flowIn(
  header: string | undefined,
  { key, state, now }: { key: EncryptionKey; state: string | undefined; now: Date },
): Flow | undefined {
  const sealed = cookieIn(header, NAME)
  const text = sealed === undefined ? undefined : opened(sealed, key)
  if (text === undefined) return undefined
  const { expiresAt, ...read } = JSON.parse(text) as Omit<Flow, 'expiresAt'> & { expiresAt: string }
  const flow = { ...read, expiresAt: new Date(expiresAt) }
  return flow.state === state && now < flow.expiresAt ? flow : undefined
}

/** Anybody may have flows sealed, as many as they like, so that uses up nothing of the key that seals the database. */
function ownKey({ id, secret, others }: EncryptionKey): EncryptionKey {
  const derived = hkdfSync('sha256', secret, '', PLACE, ENCRYPTION_KEY_BYTES)
  return { id, secret: createSecretKey(Buffer.from(derived)), ...(others && { others: others.map(ownKey) }) }
}

/** What we did not seal is no flow. */
function opened(sealed: string, key: EncryptionKey): string | undefined {
  try {
    return openText(ownKey(key), PLACE, sealed)
  } catch (error) {
    if (error instanceof StorageError) return undefined
    throw error
  }
}
