/**
 * Client secrets of applications. They are made here, shown once and kept as a digest, which is enough for 256 random
 * bits; an operator cannot choose a weak one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 * @module
 */

import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { getApplication, isDisplayName } from './applications.ts'
import { endPortalAccess } from './portal-access.ts'
import { RegistryError } from './registry-error.ts'

const SECRET_BYTES = 32

/** How much of a secret is shown later, so that a person can tell several apart. */
const HINT_CHARACTERS = 3

/** Enough for a change without a gap, and few enough to compare with each. */
export const CLIENT_SECRETS_MAX = 5

const DAY_SECONDS = 86_400

/** A secret that is never renewed should end while its owner still remembers it. */
const LIFETIME_SECONDS = { default: 180 * DAY_SECONDS, min: 60, max: 730 * DAY_SECONDS }

/** What may be shown of a secret at any time. */
export interface ClientSecret {
  id: string
  displayName: string
  hint: string
  expiresAt: Date
  createdAt: Date
}

/** A secret just made: the only time its text exists here. */
export interface NewClientSecret extends ClientSecret {
  text: string
}

/**
 * A new secret; `addClientSecret` writes it.
 *
 * @throws {RegistryError} `secret_lifetime` or `display_name_malformed`.
 */
export function newClientSecret(options: {
  time: Date
  lifetimeSeconds?: number | undefined
  displayName?: string | undefined
}): NewClientSecret {
  const { time, lifetimeSeconds = LIFETIME_SECONDS.default, displayName = 'secret' } = options
  const { min, max } = LIFETIME_SECONDS
  if (!Number.isInteger(lifetimeSeconds) || lifetimeSeconds < min || lifetimeSeconds > max) {
    throw new RegistryError('secret_lifetime')
  }
  if (!isDisplayName(displayName)) throw new RegistryError('display_name_malformed')
  const text = randomBytes(SECRET_BYTES).toString('base64url')
  return {
    id: randomUUID(),
    displayName,
    hint: text.slice(0, HINT_CHARACTERS),
    expiresAt: new Date(time.getTime() + lifetimeSeconds * 1000),
    createdAt: time,
    text,
  }
}

/** What is kept of the text of a secret. */
export function secretHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/**
 * Gives an application `secret`.
 *
 * @throws {RegistryError} `application_unknown` or `secrets_too_many`.
 */
export async function addClientSecret(
  trx: Transaction<Schema>,
  principalId: string,
  secret: NewClientSecret,
): Promise<void> {
  await getApplication(trx, principalId)
  const present = await listClientSecrets(trx, principalId)
  if (present.length >= CLIENT_SECRETS_MAX) throw new RegistryError('secrets_too_many')
  await trx
    .insertInto('client_secret')
    .values({
      id: secret.id,
      principal_id: principalId,
      display_name: secret.displayName,
      hint: secret.hint,
      hash: secretHash(secret.text),
      expires_at: secret.expiresAt.getTime(),
      created_at: secret.createdAt.getTime(),
    })
    .execute()
}

/** The secrets of an application, oldest first, also those that have ended. */
export async function listClientSecrets(db: Kysely<Schema>, principalId: string): Promise<ClientSecret[]> {
  const rows = await db
    .selectFrom('client_secret')
    .select(['id', 'display_name', 'hint', 'expires_at', 'created_at'])
    .where('principal_id', '=', principalId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    displayName: row.display_name,
    hint: row.hint,
    expiresAt: new Date(row.expires_at),
    createdAt: new Date(row.created_at),
  }))
}

/** Takes a secret away. @throws {RegistryError} `credential_unknown`. */
export async function removeClientSecret(
  trx: Transaction<Schema>,
  principalId: string,
  id: string,
): Promise<void> {
  const { numDeletedRows } = await trx
    .deleteFrom('client_secret')
    .where('principal_id', '=', principalId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (Number(numDeletedRows) === 0) throw new RegistryError('credential_unknown')
  await endPortalAccess(trx, principalId)
}
