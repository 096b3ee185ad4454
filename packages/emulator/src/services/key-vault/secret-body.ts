/**
 * Reads what callers send about secrets.
 *
 * @module
 */

import type { SecretProperties } from './secret-store.ts'
import { VaultError } from './vault-error.ts'

/**
 * Azure's limits. It has none for how many versions a secret has.
 *
 * @see https://learn.microsoft.com/azure/key-vault/secrets/about-secrets
 */
const NAME = /^[0-9a-zA-Z-]{1,127}$/
const VALUE_MAX_BYTES = 25_600
const CONTENT_TYPE_MAX_CHARACTERS = 255
const TAGS_MAX = 15
const TAG_MAX_CHARACTERS = 256

/** @throws {VaultError} `parameter_invalid`. */
export function checkName(name: string): string {
  if (NAME.test(name)) return name
  throw new VaultError('parameter_invalid', `"${name}" is no name: 1 to 127 letters, digits and "-"`)
}

/** The value that is to be kept. @throws {VaultError} `parameter_invalid`. */
export function readValue(value: unknown): string {
  if (typeof value !== 'string') throw new VaultError('parameter_invalid', '"value" must be a text')
  if (Buffer.byteLength(value) <= VALUE_MAX_BYTES) return value
  throw new VaultError('parameter_invalid', `"value" has more than ${VALUE_MAX_BYTES} bytes`)
}

/** What is said beside the value. @throws {VaultError} `parameter_invalid`. */
export function readProperties(body: Readonly<Record<string, unknown>>): SecretProperties {
  const { enabled, nbf, exp } = readObject(body.attributes, 'attributes')
  const tags = body.tags === undefined || body.tags === null ? undefined : readObject(body.tags, 'tags')
  return {
    contentType: readContentType(body.contentType),
    enabled: readOptional(enabled, 'boolean', 'attributes.enabled'),
    nbf: readOptional(nbf, 'number', 'attributes.nbf'),
    exp: readOptional(exp, 'number', 'attributes.exp'),
    tags: tags && readTags(tags),
  }
}

interface Kinds {
  string: string
  boolean: boolean
  number: number
}

function readOptional<K extends keyof Kinds>(value: unknown, kind: K, name: string): Kinds[K] | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === kind) return value as Kinds[K]
  throw new VaultError('parameter_invalid', `"${name}" must be a ${kind}`)
}

function readObject(value: unknown, name: string): Record<string, unknown> {
  if (value === undefined || value === null) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw new VaultError('parameter_invalid', `"${name}" must be an object`)
}

function readContentType(given: unknown): string | undefined {
  const contentType = readOptional(given, 'string', 'contentType')
  if (contentType === undefined || contentType.length <= CONTENT_TYPE_MAX_CHARACTERS) return contentType
  throw new VaultError(
    'parameter_invalid',
    `"contentType" has more than ${CONTENT_TYPE_MAX_CHARACTERS} characters`,
  )
}

function readTags(tags: Record<string, unknown>): Record<string, string> {
  const entries = Object.entries(tags)
  if (entries.length > TAGS_MAX)
    throw new VaultError('parameter_invalid', `there are more than ${TAGS_MAX} tags`)
  if (entries.flat().every(isShortText)) return tags as Record<string, string>
  throw new VaultError(
    'parameter_invalid',
    `names and values of "tags" must be texts of ${TAG_MAX_CHARACTERS} characters at most`,
  )
}

function isShortText(given: unknown): boolean {
  return typeof given === 'string' && given.length <= TAG_MAX_CHARACTERS
}
