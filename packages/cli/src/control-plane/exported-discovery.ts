/**
 * The discovery document and the keys of a control plane as two static files, so that verifiers who cannot reach it read them
 * at the issuer's own address.
 *
 * @see docs/federation.md#a-control-plane-that-verifiers-cannot-reach
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 * @module
 */

import type { HttpsAnswer } from '@landfast/agent/upstream'
import { CliError } from '../cli-error.ts'

/** Where each file is in the folder, and below the issuer. */
export const EXPORTED = { configuration: '.well-known/openid-configuration', keys: 'keys' } as const

/** A key that a control plane makes after the export is published this long before it signs. */
const STALE_MILLISECONDS = 24 * 3_600_000

/** What of the served document says nothing of where the control plane is. */
const CARRIED = [
  'response_types_supported',
  'subject_types_supported',
  'id_token_signing_alg_values_supported',
  'scopes_supported',
  'claims_supported',
] as const

/** What the control plane answered. */
export interface ServedDocuments {
  configuration: HttpsAnswer
  keys: HttpsAnswer
}

/** What is written, and what a person wants to know of it. */
export interface ExportedDiscovery {
  issuer: string
  kids: readonly string[]
  /** From then on tokens may be signed by a key that is not in the files. */
  staleFrom: Date
  /** What some verifiers would refuse. */
  warnings: readonly string[]
  configuration: string
  keys: string
}

/**
 * The files for what `served` says, read at `now`.
 *
 * @throws {CliError} `discovery_unreachable` if that is not a control plane's, `argument_invalid` if its issuer cannot be published.
 */
export function exportDiscovery({ configuration, keys }: ServedDocuments, now: Date): ExportedDiscovery {
  const stated = documentOf(configuration)
  const { issuer, warnings } = readIssuer(stated.issuer)
  const published = readKeys(documentOf(keys))
  const carried = CARRIED.flatMap((name) => (stated[name] === undefined ? [] : [[name, stated[name]]]))
  return {
    issuer,
    warnings,
    kids: published.map(({ kid }) => kid),
    staleFrom: new Date(now.getTime() + STALE_MILLISECONDS),
    configuration: format({ issuer, jwks_uri: keysUrl(issuer), ...Object.fromEntries(carried) }),
    keys: format({ keys: published }),
  }
}

/** The issuer that an exported document states; undefined if it is something else. */
export function issuerIn(document: string): string | undefined {
  try {
    const { issuer } = JSON.parse(document)
    return typeof issuer === 'string' ? issuer : undefined
  } catch {
    return undefined
  }
}

function keysUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/${EXPORTED.keys}`
}

function format(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`
}

type Document = Readonly<Record<string, unknown>>

function documentOf({ status, body }: HttpsAnswer): Document {
  if (status !== 200 || !body) throw unreadable(`it answered with ${status} and no document`)
  return body
}

function unreadable(reason: string): CliError {
  return new CliError('discovery_unreachable', {
    detail: reason,
    hints: ['name the control plane itself with --url: https://HOST:PORT, as its setting "url" has it'],
  })
}

/** Verifiers compare it as text and ask it as a URL; what they append must end up in its path. */
function readIssuer(stated: unknown): { issuer: string; warnings: string[] } {
  if (typeof stated !== 'string') throw unreadable('its discovery document states no issuer')
  const url = URL.canParse(stated) ? new URL(stated) : undefined
  if (url?.protocol !== 'https:' || url.username !== '' || /[?#@\s]/.test(stated)) {
    throw new CliError('argument_invalid', {
      detail: `the issuer "${stated}" cannot be published: it must be an https URL without user, query or fragment`,
      hints: ['set "issuer-v1" of the control plane to the address at which the files are to be read'],
    })
  }
  return { issuer: stated, warnings: url.port === '' ? [] : [PORT_WARNING] }
}

const PORT_WARNING =
  'the issuer has a port, which AWS refuses; set "issuer-v1" of the control plane to an address without one'

interface PublishedKey {
  kid: string
}

function readKeys({ keys }: Document): PublishedKey[] {
  const usable = Array.isArray(keys) ? keys.filter(isPublic) : []
  if (usable.length === 0) throw unreadable('its key document holds no key')
  return usable
}

/** What a verifier may know; a private part would never be written out. */
function isPublic(key: unknown): key is PublishedKey {
  const isObject = typeof key === 'object' && key !== null
  return isObject && 'kid' in key && typeof key.kid === 'string' && !('d' in key)
}
