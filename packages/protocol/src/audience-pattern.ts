/**
 * Audiences as rules and settings name them: one audience, or every one that begins so.
 *
 * @see docs/policy.md#rules
 * @module
 */

import { resourceOfScope } from './client-credentials.ts'

/**
 * A pattern as it is compared. A star after anything but a slash could end within the name of a host.
 *
 * @throws {TypeError} whose message completes "FIELD …".
 */
export function parseAudiencePattern(text: string): string {
  const star = text.indexOf('*')
  if (/\s/.test(text)) throw new TypeError('may hold no spaces')
  if (resourceOfScope(text) !== undefined) {
    throw new TypeError('must be a resource, which no "/.default" follows as it does in a scope')
  }
  if (star < 0) return normalAudience(text)
  if (star === text.length - 1 && (star === 0 || text[star - 1] === '/')) return text.toLowerCase()
  throw new TypeError('may have a "*" only at its end, and there after a "/"')
}

/** Whether a pattern of {@link parseAudiencePattern} means `audience`. */
export function matchesAudience(pattern: string, audience: string): boolean {
  if (!pattern.endsWith('*')) return normalAudience(audience) === pattern
  return audience.toLowerCase().startsWith(pattern.slice(0, -1))
}

/** Whether two texts name one audience. */
export function isSameAudience(one: string, other: string): boolean {
  return normalAudience(one) === normalAudience(other)
}

/**
 * The two spellings of `audience`, as a registry keeps them: a slash at the end makes no difference to an administrator, as at
 * Entra. Tokens still carry the audience as it was asked for.
 */
export function audienceSpellings(audience: string): readonly [string, string] {
  const bare = audience.endsWith('/') ? audience.slice(0, -1) : audience
  return [bare, `${bare}/`]
}

/**
 * An audience as it is compared: a slash at the end makes no difference, as at the authority, nor does case, in
 * which an authority may be less strict than we are.
 */
function normalAudience(audience: string): string {
  const lower = audience.toLowerCase()
  return lower.endsWith('/') ? lower.slice(0, -1) : lower
}
