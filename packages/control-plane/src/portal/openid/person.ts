/**
 * What an ID token that was verified says of a person.
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims
 * @module
 */

import type { Person } from '../../admission/portal-people.ts'
import { isDisplayName } from '../../registry/applications.ts'
import { isValue } from '../../registry/people/foreign-principals.ts'
import type { PortalProvider } from '../../registry/people/portal-provider.ts'

/** The claims of an ID token. */
export type IdClaims = Readonly<Record<string, unknown>>

/** Who somebody is, or in what form it was not told. */
export type ReadPerson = Person | 'subject' | 'groups'

/** What people call themselves, the most telling first: by a name alone two may be the same. */
const NAMES = ['preferred_username', 'email', 'name'] as const

/** The person of `claims`. */
export function readPerson(claims: IdClaims, provider: PortalProvider): ReadPerson {
  const { sub } = claims
  if (typeof sub !== 'string' || !isValue(sub)) return 'subject'
  const groups = claims[provider.groupsClaim] ?? []
  if (!Array.isArray(groups) || !groups.every((one) => typeof one === 'string')) return 'groups'
  return { issuer: provider.issuer, subject: sub, displayName: nameOf(claims, sub), groups }
}

function nameOf(claims: IdClaims, sub: string): string {
  const names = NAMES.filter((name) => name !== 'email' || claims.email_verified !== false)
  const texts = names.map((name) => claims[name]).filter((value) => typeof value === 'string')
  return [...texts, sub].map((text) => text.trim()).find(isDisplayName) ?? sub.slice(0, 100)
}

/** Why an ID token names no group that is known here; undefined if it names some at all. */
export function whyNoGroups(claims: IdClaims, { groupsClaim }: PortalProvider): string | undefined {
  const { _claim_names: elsewhere, hasgroups } = claims
  const isElsewhere = typeof elsewhere === 'object' && elsewhere !== null && groupsClaim in elsewhere
  if (isElsewhere || hasgroups === true)
    return 'It left your groups out, since there are too many of them: let the provider send those alone that the application has to know.'
  if (claims[groupsClaim] === undefined) return `Its ID token has no claim "${groupsClaim}".`
  return undefined
}
