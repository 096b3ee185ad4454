/**
 * What was seen of an issuer, as one sees it who knows nothing but its name.
 *
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
 * @module
 */

/** A JSON object. */
export type Document = Readonly<Record<string, unknown>>

/** How one document was got, and what CA vouched for its server; or why it was not. */
export type Fetched = { document: Document; trustedBy: 'public' | 'private' } | { failure: string }

/** The control plane's own word on its issuer and keys, or why it was not heard. */
export type Own = { issuer: string; keys: readonly Document[] } | { unseen: string }

/** All that was seen. */
export interface IssuerSeen {
  issuer: string
  /** The hosts of it and of its keys, with the addresses that this host knows them by. */
  hosts: readonly { host: string; addresses: readonly string[] }[]
  configuration: Fetched
  /** The key set that the configuration names. */
  keySet: Fetched
  own: Own
}

/** The entries of a key set. */
export function keysOf({ keys }: Document): readonly Document[] {
  return Array.isArray(keys) ? keys.filter((key) => typeof key === 'object' && key !== null) : []
}

/** The member `name` as a list of texts; undefined if it is something else. */
export function textsIn(document: Document, name: string): readonly string[] | undefined {
  const value = document[name]
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined
}

/** The longest address of a key set. */
const JWKS_URI_MAX_CHARACTERS = 2048

/** Where the keys are, if it is an https URL that somebody could mean. */
export function jwksUriIn(configuration: Fetched): string | undefined {
  const uri = 'document' in configuration ? configuration.document.jwks_uri : undefined
  if (typeof uri !== 'string' || uri.length > JWKS_URI_MAX_CHARACTERS) return undefined
  return URL.parse(uri)?.protocol === 'https:' ? uri : undefined
}
