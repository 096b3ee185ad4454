/**
 * Tells when two audiences are the same to an administrator: a slash at the end makes no difference, as at Entra.
 * Tokens still carry the audience as it was asked for.
 *
 * @module
 */

/** The spellings of `audience`. */
export function audienceSpellings(audience: string): readonly [string, string] {
  const bare = audience.endsWith('/') ? audience.slice(0, -1) : audience
  return [bare, `${bare}/`]
}
