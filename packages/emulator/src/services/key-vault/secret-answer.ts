/**
 * How secrets look in the answers of a key vault.
 *
 * @see https://learn.microsoft.com/rest/api/keyvault/secrets
 * @module
 */

import type { Secret, SecretVersion } from './secret-store.ts'

/** For how long a deleted secret can be recovered: Azure's default. */
const RECOVERABLE_DAYS = 90
const DAY_SECONDS = 86_400

/** A version without its value. */
export function describeVersion(url: string, secret: SecretVersion): object {
  const { name, version, contentType, tags, enabled, nbf, exp, created, updated } = secret
  return {
    id: `${url}/secrets/${name}/${version}`,
    contentType,
    attributes: {
      ...{ enabled, nbf, exp, created, updated },
      recoveryLevel: 'Recoverable+Purgeable',
      recoverableDays: RECOVERABLE_DAYS,
    },
    tags,
  }
}

/** A version with its value. */
export function revealVersion(url: string, secret: SecretVersion): object {
  return { value: secret.value, ...describeVersion(url, secret) }
}

/** A secret in a list: its current version, by the id of the secret. */
export function describeSecret(url: string, secret: Secret): object {
  return { ...describeCurrent(url, secret), id: `${url}/secrets/${secret.name}` }
}

/** A deleted secret. */
export function describeDeleted(url: string, secret: Secret): object {
  const { name, deleted = 0 } = secret
  return {
    ...describeCurrent(url, secret),
    recoveryId: `${url}/deletedsecrets/${name}`,
    deletedDate: deleted,
    scheduledPurgeDate: deleted + RECOVERABLE_DAYS * DAY_SECONDS,
  }
}

/** A deleted secret in a list. */
export function describeDeletedSecret(url: string, secret: Secret): object {
  return { ...describeDeleted(url, secret), id: `${url}/secrets/${secret.name}` }
}

function describeCurrent(url: string, { versions }: Secret): object {
  const current = versions.at(-1)
  return current ? describeVersion(url, current) : {}
}
