/**
 * A workload: an application with a network of its own, such as a container, that is known by a secret. Here is what is
 * kept of it, and how that is read back.
 *
 * @see docs/containers.md
 * @module
 */

import { createHash } from 'node:crypto'
import { type FieldName, isWorkloadName, parseValue } from '../policy/conditions.ts'
import { isNetwork } from './networks.ts'

/** What is kept of a secret: nobody can present this. */
export interface SecretDigest {
  /** SHA-256 in lower-case hex. */
  readonly sha256: string
  /** ISO 8601; until then it is good beside a newer one. The newest has none. */
  readonly until?: string | undefined
}

/** One workload, as its file holds it. */
export interface Workload {
  readonly name: string
  /** Which identities it may have, each as a rule of the policy names it. */
  readonly identities: readonly string[]
  /** For which audiences, as a rule writes them; none: what a policy allows. */
  readonly audiences: readonly string[]
  /** The networks from which its secret is good; none: that of the address at which it asks. */
  readonly from: readonly string[]
  /** The newest first. */
  readonly secrets: readonly SecretDigest[]
  /** The file with the secret that its container is given. */
  readonly file: string
  /** The URL in that file. */
  readonly endpoint: string
  /** ISO 8601. */
  readonly added: string
}

const SHA256 = /^[0-9a-f]{64}$/

/** What is kept of `secret`. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** The text of a workload's file. */
export function formatWorkload(workload: Workload): string {
  return `${JSON.stringify(workload, undefined, 2)}\n`
}

/**
 * The workload in the text of the file of `name`.
 *
 * @throws {TypeError} whose message says what is wrong with the file.
 */
export function parseWorkload(text: string, name: string): Workload {
  const read = parseObject(text)
  if (!isWorkloadName(name)) throw new TypeError('its name is not that of a workload')
  if (read.name !== name) throw new TypeError('it is about a workload of another name')
  const secrets = listOf(read.secrets, isSecret, '"secrets" must be digests')
  return {
    name,
    identities: valuesOf(read.identities, 'identity'),
    audiences: valuesOf(read.audiences, 'audience'),
    from: listOf(read.from, isNetworkText, '"from" must be networks'),
    secrets,
    file: isText(read.file) ? read.file : '',
    endpoint: isText(read.endpoint) ? read.endpoint : '',
    added: isText(read.added) ? read.added : '',
  }
}

function parseObject(text: string): Record<string, unknown> {
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch (cause) {
    throw new TypeError('it is not JSON', { cause })
  }
  if (typeof read !== 'object' || read === null) throw new TypeError('it is not an object')
  return read as Record<string, unknown>
}

function listOf<T>(value: unknown, is: (one: unknown) => one is T, complaint: string): T[] {
  if (Array.isArray(value) && value.every(is)) return value
  throw new TypeError(complaint)
}

/** Values of a rule's field, as they were written. @throws {TypeError} */
function valuesOf(value: unknown, field: FieldName): string[] {
  const texts = listOf(value, isText, `"${field}" must be texts`)
  for (const text of texts) parseValue(field, text)
  return texts
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isNetworkText(value: unknown): value is string {
  return isText(value) && isNetwork(value)
}

function isSecret(value: unknown): value is SecretDigest {
  const { sha256, until } = (value ?? {}) as Partial<Record<keyof SecretDigest, unknown>>
  if (typeof sha256 !== 'string' || !SHA256.test(sha256)) return false
  return until === undefined || (typeof until === 'string' && !Number.isNaN(Date.parse(until)))
}
