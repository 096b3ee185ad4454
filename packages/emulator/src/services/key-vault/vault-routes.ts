/**
 * What can be asked of a key vault, which role each request needs, and how it is answered.
 *
 * @see https://learn.microsoft.com/rest/api/keyvault/secrets
 * @module
 */

import {
  describeDeleted,
  describeDeletedSecret,
  describeSecret,
  describeVersion,
  revealVersion,
} from './secret-answer.ts'
import { checkName, readProperties, readValue } from './secret-body.ts'
import type { Secret, SecretStore, SecretVersion } from './secret-store.ts'
import { VaultError } from './vault-error.ts'
import { pageOf } from './vault-page.ts'
import type { SecretAction } from './vault-roles.ts'

/** A request that has passed the door. */
export interface VaultRequest {
  /** The vault's own URL, without a slash at its end. */
  url: string
  query: URLSearchParams
  /** The name and the version that the path holds, as far as it does. */
  name: string
  version: string | undefined
  body: Readonly<Record<string, unknown>>
  store: SecretStore
}

/** One kind of request. */
export interface VaultRoute {
  action: SecretAction
  /** The body of the answer; without one it is 204. */
  answer(request: VaultRequest): object | undefined
}

const setSecret: VaultRoute = {
  action: 'setSecret',
  answer: ({ url, store, name, body }) =>
    revealVersion(url, store.set(checkName(name), readValue(body.value), readProperties(body))),
}

const getSecret: VaultRoute = {
  action: 'getSecret',
  answer: ({ url, store, name, version }) => {
    const found = store.findVersion(name, version)
    if (!found.enabled) throw new VaultError('secret_disabled', `"${name}"`)
    return revealVersion(url, found)
  },
}

const updateSecret: VaultRoute = {
  action: 'update',
  answer: ({ url, store, name, version, body }) =>
    describeVersion(url, store.update(name, version, readProperties(body))),
}

const deleteSecret: VaultRoute = {
  action: 'delete',
  answer: ({ url, store, name }) => describeDeleted(url, store.delete(name)),
}

const listSecrets: VaultRoute = {
  action: 'readMetadata',
  answer: ({ url, store, query }) =>
    pageOf(store.list(false), {
      ...{ url, path: '/secrets', query },
      keyOf: ({ name }) => name,
      describe: (secret: Secret) => describeSecret(url, secret),
    }),
}

const listVersions: VaultRoute = {
  action: 'readMetadata',
  answer: ({ url, store, query, name }) => {
    const { versions, name: path } = store.find(name)
    return pageOf([...versions].sort(byVersion), {
      ...{ url, path: `/secrets/${path}/versions`, query },
      keyOf: ({ version }) => version,
      describe: (version: SecretVersion) => describeVersion(url, version),
    })
  },
}

const listDeleted: VaultRoute = {
  action: 'readMetadata',
  answer: ({ url, store, query }) =>
    pageOf(store.list(true), {
      ...{ url, path: '/deletedsecrets', query },
      keyOf: ({ name }) => name,
      describe: (secret: Secret) => describeDeletedSecret(url, secret),
    }),
}

const getDeleted: VaultRoute = {
  action: 'readMetadata',
  answer: ({ url, store, name }) => describeDeleted(url, store.findDeleted(name)),
}

const purgeDeleted: VaultRoute = {
  action: 'purge',
  answer: ({ store, name }) => void store.purge(name),
}

const recoverDeleted: VaultRoute = {
  action: 'recover',
  answer: ({ url, store, name }) => {
    store.recover(name)
    return describeVersion(url, store.findVersion(name, undefined))
  },
}

/** Tried in this order; methods by the paths that have them. */
const ROUTES: readonly [path: RegExp, methods: Readonly<Record<string, VaultRoute>>][] = [
  [/^\/secrets\/?$/, { GET: listSecrets }],
  [/^\/secrets\/(?<name>[^/]+)\/versions\/?$/, { GET: listVersions }],
  [
    /^\/secrets\/(?<name>[^/]+)(?:\/(?<version>[^/]*))?\/?$/,
    { GET: getSecret, PUT: setSecret, PATCH: updateSecret, DELETE: deleteSecret },
  ],
  [/^\/deletedsecrets\/?$/, { GET: listDeleted }],
  [/^\/deletedsecrets\/(?<name>[^/]+)\/recover\/?$/, { POST: recoverDeleted }],
  [/^\/deletedsecrets\/(?<name>[^/]+)\/?$/, { GET: getDeleted, DELETE: purgeDeleted }],
]

/** What a real key vault has beside secrets. */
const NOT_EMULATED =
  /^\/(keys|certificates|storage|deletedkeys|deletedcertificates|rng|secrets\/restore|secrets\/[^/]+\/backup)(\/|$)/

/**
 * The route of a request, with the name and the version in its path.
 *
 * @throws {VaultError} `not_emulated`, `path_unknown` or `method_unknown`.
 */
export function findRoute(
  method: string,
  path: string,
): { route: VaultRoute; name: string; version: string | undefined } {
  if (NOT_EMULATED.test(path)) throw new VaultError('not_emulated', `"${path}"`)
  for (const [pattern, methods] of ROUTES) {
    const match = pattern.exec(path)
    if (!match) continue
    const route = Object.hasOwn(methods, method) ? methods[method] : undefined
    if (!route) throw new VaultError('method_unknown', method)
    const { name = '', version } = match.groups ?? {}
    return { route, name, version: version || undefined }
  }
  throw new VaultError('path_unknown', `"${path}"`)
}

function byVersion(one: SecretVersion, other: SecretVersion): number {
  return one.version < other.version ? -1 : 1
}
