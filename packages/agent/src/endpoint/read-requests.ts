/**
 * Reads requests for tokens. Programs ask again for what they asked for, so the last queries are not read anew: to read one is
 * pure, and was a twentieth of the time of a token.
 *
 * @module
 */

import { readTokenRequest, type Style, type TokenRequest } from '@landfast/protocol'

/** So many queries are remembered, none of them longer than this: no caller fills the memory with them. */
const QUERIES_MAX = 64
const CHARACTERS_MAX = 512

/** Reads the query string, or the form, of a token request in a style. */
export type ReadRequest = (style: Style, queryString: string) => Readonly<TokenRequest>

/** A reader with a memory; what is wrong with a request is found out each time. */
export function createReadRequest(): ReadRequest {
  const known = new Map<string, { style: Style; request: Readonly<TokenRequest> }>()
  return (style, queryString) => {
    const former = known.get(queryString)
    if (former?.style === style) return former.request
    const request = readTokenRequest(style, queryString)
    if (queryString.length > CHARACTERS_MAX) return request
    if (known.size >= QUERIES_MAX) known.clear()
    known.set(queryString, { style, request })
    return request
  }
}
