/**
 * What a token request asks for.
 *
 * @see docs/protocol.md#the-request
 * @module
 */

import { WireError } from './errors.ts'
import { PARAMETER_MAX_CHARACTERS, RESOURCE_MAX_CHARACTERS } from './limits.ts'
import { PARAMETER } from './names.ts'
import { hasControlCharacters, parseQuery, type Query, single } from './query.ts'
import { readSelector, type Selector } from './selector.ts'
import type { Style } from './styles.ts'

/** A token request that passed every check of its form. */
export interface TokenRequest {
  apiVersion: string
  /** The audience, byte for byte as asked: official clients cache only when it is echoed so. */
  resource: string
  /** Undefined if the machine's own identity is wanted. */
  selector: Selector | undefined
}

/**
 * Reads the query string of a token request in `style`. Unknown parameters are ignored, as new clients send them.
 *
 * @throws {WireError} with the code of the first thing that is wrong.
 */
export function readTokenRequest(style: Style, queryString: string): TokenRequest {
  const query = parseQuery(queryString)
  return {
    apiVersion: readApiVersion(style, query),
    resource: readResource(query),
    selector: readSelector(query),
  }
}

function readApiVersion(style: Style, query: Query): string {
  const version = single(query, PARAMETER.apiVersion, PARAMETER_MAX_CHARACTERS)
  const detail = `Supported are ${style.apiVersions.join(' ')}`
  if (!version) throw new WireError('api_version_missing', { detail })
  if (!style.apiVersions.includes(version)) throw new WireError('api_version_unsupported', { detail })
  return version
}

function readResource(query: Query): string {
  const values = query.get(PARAMETER.resource) ?? []
  if (values.length > 1) throw new WireError('parameter_repeated', { detail: `("${PARAMETER.resource}")` })
  const [resource = ''] = values
  if (resource.trim() === '') throw new WireError('resource_missing')
  // A space would end the scope that is made of it upstream, and ask for something else beside it.
  if (resource.length > RESOURCE_MAX_CHARACTERS || hasControlCharacters(resource) || /\s/.test(resource)) {
    throw new WireError('resource_malformed')
  }
  return resource
}
