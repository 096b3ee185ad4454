/**
 * What a token request asks for.
 *
 * @see docs/protocol.md#the-request
 * @module
 */

import { resourceOfScope } from './client-credentials.ts'
import { WireError } from './errors.ts'
import { PARAMETER_MAX_CHARACTERS, RESOURCE_MAX_CHARACTERS } from './limits.ts'
import { PARAMETER } from './names.ts'
import { hasControlCharacters, parseQuery, type Query, single } from './query.ts'
import { readSelector, type Selector } from './selector.ts'
import type { Style } from './styles.ts'

/** Any year's date, however far away: clients of the years to come send theirs. */
const DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/

/** A token request that passed every check of its form. */
export interface TokenRequest {
  /** Undefined in a style whose requests name none. */
  apiVersion: string | undefined
  /** What the wire calls `resource`, byte for byte as asked: official clients cache only when it is echoed so. */
  audience: string
  /** Undefined if the machine's own identity is wanted. */
  selector: Selector | undefined
  /** Whether no cached token will do. */
  bypassCache: boolean
  /** The SHA-256, in lower-case hexadecimal, of a token that will not do: its resource has refused it. */
  refusedTokenHash: string | undefined
}

/**
 * Reads the query string, or the form, of a token request in `style`. Unknown parameters are ignored, as new clients send them.
 *
 * @throws {WireError} with the code of the first thing that is wrong.
 */
export function readTokenRequest(style: Style, queryString: string): TokenRequest {
  const query = parseQuery(queryString)
  return {
    apiVersion: readApiVersion(style, query),
    audience: readAudience(query),
    selector: readSelector(query, style.selectors),
    bypassCache: query.get(PARAMETER.bypassCache)?.includes('true') ?? false,
    refusedTokenHash: readHash(query),
  }
}

/** What is no hash means no token that we could have given. */
function readHash(query: Query): string | undefined {
  const hash = query.get(PARAMETER.refusedTokenHash)?.[0]?.toLowerCase()
  return hash && /^[0-9a-f]{64}$/.test(hash) ? hash : undefined
}

function readApiVersion(style: Style, query: Query): string | undefined {
  if (style.apiVersions.length === 0) return undefined
  const version = single(query, PARAMETER.apiVersion, PARAMETER_MAX_CHARACTERS)
  const detail = `Supported are ${style.apiVersions.join(' ')}${style.laterVersions ? ' and later' : ''}`
  if (!version) throw new WireError('api_version_missing', { detail })
  if (!isVersionOf(style, version)) throw new WireError('api_version_unsupported', { detail })
  return version
}

function isVersionOf({ apiVersions, laterVersions }: Style, version: string): boolean {
  if (apiVersions.includes(version)) return true
  return laterVersions && DATE.test(version) && version > (apiVersions.at(-1) ?? '')
}

function readAudience(query: Query): string {
  const values = query.get(PARAMETER.resource) ?? []
  if (values.length > 1) throw new WireError('parameter_repeated', { detail: `("${PARAMETER.resource}")` })
  const [audience = ''] = values
  if (audience.trim() === '') throw missingResource(query)
  // A space would end the scope that is made of it upstream, and ask for something else beside it.
  if (audience.length > RESOURCE_MAX_CHARACTERS || hasControlCharacters(audience) || /\s/.test(audience)) {
    throw new WireError('resource_malformed')
  }
  const resource = resourceOfScope(audience)
  if (resource !== undefined) throw new WireError('resource_is_scope', nameOf(resource))
  return audience
}

/** Who sends a scope instead is told what to send. */
function missingResource(query: Query): WireError {
  const [scope] = query.get(PARAMETER.scope) ?? []
  if (scope === undefined) return new WireError('resource_missing')
  return new WireError(
    'resource_missing',
    nameOf(resourceOfScope(scope) ?? '', ', since "scope" is not read'),
  )
}

/** The resource to ask for, as far as it can be told. */
function nameOf(resource: string, reason = ''): { detail: string } {
  const isClean = resource !== '' && !hasControlCharacters(resource) && !/\s/.test(resource)
  const named = isClean ? resource : 'https://vault.azure.net'
  return { detail: `(ask for ${isClean ? '' : 'one such as '}"resource=${named}"${reason})` }
}
