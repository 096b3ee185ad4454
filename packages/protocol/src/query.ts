/**
 * The target of a request: its path, and its query string decoded exactly once.
 *
 * @see https://url.spec.whatwg.org/#urlencoded-parsing
 * @module
 */

import { WireError } from './errors.ts'

/** A request target in its two halves. */
export interface Target {
  /** Repeated and trailing slashes removed: official clients send both. */
  path: string
  /** What follows the first "?", undecoded. */
  query: string
}

/** Splits a request target such as `//metadata/identity/oauth2/token/?resource=…`. Never throws. */
export function parseTarget(target: string): Target {
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? '' : target.slice(mark + 1)
  return { path: path.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1'), query }
}

/** The values of each parameter under its lower-case name. */
export type Query = ReadonlyMap<string, readonly string[]>

/**
 * Decodes a query string.
 *
 * Only printable ASCII may stand unescaped, so that what is read is always whole text: a lone surrogate could
 * not be sent on.
 *
 * @throws {WireError} `query_malformed` if an escape is broken, the bytes are not UTF-8 or some are not escaped.
 */
export function parseQuery(query: string): Query {
  if (!/^[!-~]*$/.test(query)) throw new WireError('query_malformed')
  const values = new Map<string, string[]>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals)).toLowerCase()
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1))
    const known = values.get(name)
    if (known) known.push(value)
    else values.set(name, [value])
  }
  return values
}

/** Most parts of a query have nothing to decode, and to find that out by decoding was the costliest part of reading one. */
function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw new WireError('query_malformed', { cause })
  }
}

/**
 * The only value of `name`, or undefined if it is not there.
 *
 * @throws {WireError} `parameter_repeated`, or `parameter_malformed` if it holds control characters.
 */
export function single(query: Query, name: string, maxCharacters: number): string | undefined {
  const values = query.get(name)
  if (!values) return undefined
  if (values.length > 1) throw new WireError('parameter_repeated', { detail: `("${name}")` })
  const [value = ''] = values
  if (value.length > maxCharacters || hasControlCharacters(value)) {
    throw new WireError('parameter_malformed', { detail: `("${name}")` })
  }
  return value
}

/** Whether `text` holds a C0 or C1 control character, or a line or paragraph separator. */
export function hasControlCharacters(text: string): boolean {
  return /[\p{Cc}\u2028\u2029]/u.test(text)
}
