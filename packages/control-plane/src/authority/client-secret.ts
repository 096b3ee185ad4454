/**
 * Proves a client by a secret.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 * @module
 */

import { randomBytes, timingSafeEqual } from 'node:crypto'
import { CLIENT_SECRETS_MAX, secretHash } from '../registry/client-secrets.ts'
import type { ClientDirectory, SecretClient } from '../registry/clients.ts'
import { AuthorityError } from './authority-error.ts'
import type { Proof } from './proof.ts'

/** The hash of a random secret that is thrown away. */
const NOBODYS_HASH = secretHash(randomBytes(32).toString('base64url'))

/**
 * Proves a client by `secret`. An unknown client and a wrong secret are the same refusal after the same work.
 *
 * @throws {AuthorityError} `secret_wrong`, or `secret_expired` to who still holds it.
 */
export async function proveBySecret(
  directory: ClientDirectory,
  check: { clientId: string; secret: string; time: Date },
): Promise<Proof> {
  const client = await directory.findSecretClient(check.clientId)
  const secret = secretMatching(client?.secrets ?? [], check.secret)
  if (!client || !secret) throw new AuthorityError('secret_wrong')
  if (secret.expiresAt <= check.time) throw new AuthorityError('secret_expired')
  return { holder: client, credential: secret.credential, method: '1' }
}

/** Compares with as many hashes as a client may have, and with each of them. */
function secretMatching(
  secrets: SecretClient['secrets'],
  text: string,
): SecretClient['secrets'][number] | undefined {
  const hash = Buffer.from(secretHash(text))
  const places = Array.from(
    { length: Math.max(CLIENT_SECRETS_MAX, secrets.length) },
    (_, index) => secrets[index],
  )
  return places
    .filter((secret) => timingSafeEqual(Buffer.from(secret?.hash ?? NOBODYS_HASH), hash))
    .find(Boolean)
}
