/**
 * The names of principals, and the principal that somebody means by a name or an id.
 *
 * @module
 */

import { readGuid } from '../../guid.ts'
import { type Html, html } from '../html/html.ts'
import { link } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import type { PortalApi } from '../inner/portal-api.ts'
import { pathOfId } from '../inner/resource-paths.ts'

/** A principal as the directory shows it. */
export interface PrincipalBody {
  id: string
  displayName: string
  /** The client id; not of users and groups. */
  appId?: string
  /** Not of users and groups. */
  alternativeNames?: readonly string[]
  /** Where it was found. */
  collection?: Collection
}

/** Where they are at the directory. */
const COLLECTIONS = ['servicePrincipals', 'groups', 'users'] as const

type Collection = (typeof COLLECTIONS)[number]

/** Those of the principals that the visitor may see, by their object ids. */
export async function principalsOf(
  api: PortalApi,
  ids: readonly string[],
): Promise<ReadonlyMap<string, PrincipalBody>> {
  if (ids.length === 0) return new Map()
  const body = { ids: [...new Set(ids)].slice(0, 1_000) }
  const { value } = await api.send('POST', '/v1.0/directoryObjects/getByIds', { body })
  return new Map((value as PrincipalBody[]).map((one) => [one.id, one]))
}

/** Whom `text` means, as an object id, a client id or a name: all of them that the visitor sees, of these kinds. */
export async function findPrincipals(
  api: PortalApi,
  text: string,
  kinds: readonly Collection[] = COLLECTIONS,
): Promise<readonly PrincipalBody[]> {
  const guid = readGuid(text.trim())
  const filters = guid ? [`id eq '${guid}'`, `appId eq '${guid}'`] : [`displayName eq ${quoted(text.trim())}`]
  for (const filter of filters) {
    const found = await Promise.all(kinds.map((collection) => search(api, collection, filter)))
    const all = found.flat()
    if (all.length > 0) return all
  }
  return []
}

async function search(api: PortalApi, collection: Collection, filter: string): Promise<PrincipalBody[]> {
  const query = new URLSearchParams({ $filter: filter })
  const { value } = await api.page(`/v1.0/${collection}?${query}`)
  return value.map((one: PrincipalBody) => ({ ...one, collection }))
}

/** What kind of thing a principal is that was found. */
export function kindOf(principal: PrincipalBody): string {
  if (principal.collection === 'users') return 'user'
  if (principal.collection === 'groups') return 'group'
  const resourceId = resourceIdOf(principal)
  if (resourceId === undefined) return 'application'
  return /\/machines\/[^/]+$/i.test(resourceId) ? 'machine' : 'identity'
}

/** A text in a filter. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** The ARM id of a machine or an identity. */
export function resourceIdOf({ alternativeNames }: PrincipalBody): string | undefined {
  return alternativeNames?.find((name) => name.startsWith('/'))
}

/** The page of a principal; of a user and a group that of its roles. */
export function principalPage(principal: PrincipalBody): string {
  const { id, alternativeNames } = principal
  if (alternativeNames === undefined) return link('/roles', { principal: id })
  const resourceId = resourceIdOf(principal)
  return link(resourceId === undefined ? `/applications/${id}` : pathOfId(resourceId))
}

/** A principal as a link, or its id where its name may not be seen. */
export function principalLink(id: string, known: ReadonlyMap<string, PrincipalBody>): Html {
  const principal = known.get(id)
  if (!principal) return html`<code>${shown(id)}</code>`
  return html`<a href="${principalPage(principal)}">${shown(principal.displayName)}</a>`
}
