/**
 * The secrets of a key vault, in memory: versions, and what was deleted but can be recovered.
 *
 * @see https://learn.microsoft.com/rest/api/keyvault/secrets
 * @module
 */

import { VaultError } from './vault-error.ts'

/** What a caller may set of a version; numbers are seconds since 1970. */
export interface SecretProperties {
  contentType?: string | undefined
  tags?: Readonly<Record<string, string>> | undefined
  enabled?: boolean | undefined
  nbf?: number | undefined
  exp?: number | undefined
}

/** One value that a secret has or had. */
export interface SecretVersion extends SecretProperties {
  readonly name: string
  readonly version: string
  readonly value: string
  readonly enabled: boolean
  readonly created: number
  readonly updated: number
}

/** A secret with all its versions, the last one current. */
export interface Secret {
  readonly name: string
  readonly versions: SecretVersion[]
  /** Since when it is deleted. */
  deleted?: number | undefined
}

/** Time and chance. */
export interface SecretStoreParts {
  nowSeconds(): number
  newVersion(): string
}

/** Secrets by their names, in which upper and lower case are one. */
export class SecretStore {
  readonly #parts: SecretStoreParts
  readonly #secrets = new Map<string, Secret>()

  constructor(parts: SecretStoreParts) {
    this.#parts = parts
  }

  /** Those that are deleted, or those that are not, by name. */
  list(isDeleted: boolean): Secret[] {
    return [...this.#secrets.values()]
      .filter(({ deleted }) => (deleted !== undefined) === isDeleted)
      .sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  /** A new version, which is current from now on. @throws {VaultError} `secret_deleted`. */
  set(name: string, value: string, properties: SecretProperties): SecretVersion {
    const secret = this.#secrets.get(name.toLowerCase()) ?? { name, versions: [] }
    if (secret.deleted !== undefined) throw new VaultError('secret_deleted', `"${name}"`)
    const now = this.#parts.nowSeconds()
    const { enabled = true } = properties
    const version = this.#parts.newVersion()
    const made = { ...properties, name: secret.name, version, value, enabled, created: now, updated: now }
    secret.versions.push(made)
    this.#secrets.set(name.toLowerCase(), secret)
    return made
  }

  /** @throws {VaultError} `secret_unknown`. */
  find(name: string): Secret {
    const secret = this.#secrets.get(name.toLowerCase())
    if (!secret || secret.deleted !== undefined) throw new VaultError('secret_unknown', `"${name}"`)
    return secret
  }

  /** The version, or without one the current one. @throws {VaultError} `secret_unknown`. */
  findVersion(name: string, version: string | undefined): SecretVersion {
    const { versions } = this.find(name)
    const found = version ? versions.find((one) => one.version === version) : versions.at(-1)
    if (!found) throw new VaultError('secret_unknown', `"${name}/${version}"`)
    return found
  }

  /** The version with what `properties` names. @throws {VaultError} `secret_unknown`. */
  update(name: string, version: string | undefined, properties: SecretProperties): SecretVersion {
    const before = this.findVersion(name, version)
    const given = Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined))
    const after = { ...before, ...given, updated: this.#parts.nowSeconds() }
    const { versions } = this.find(name)
    versions[versions.indexOf(before)] = after
    return after
  }

  /** @throws {VaultError} `secret_unknown`. */
  delete(name: string): Secret {
    const secret = this.find(name)
    secret.deleted = this.#parts.nowSeconds()
    return secret
  }

  /** @throws {VaultError} `deleted_secret_unknown`. */
  findDeleted(name: string): Secret {
    const secret = this.#secrets.get(name.toLowerCase())
    if (secret?.deleted === undefined) throw new VaultError('deleted_secret_unknown', `"${name}"`)
    return secret
  }

  /** @throws {VaultError} `deleted_secret_unknown`. */
  recover(name: string): Secret {
    const secret = this.findDeleted(name)
    secret.deleted = undefined
    return secret
  }

  /** @throws {VaultError} `deleted_secret_unknown`. */
  purge(name: string): void {
    this.#secrets.delete(this.findDeleted(name).name.toLowerCase())
  }
}
