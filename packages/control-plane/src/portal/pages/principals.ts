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
  /** Not of users and groups. */
  alternativeNames?: readonly string[]
}

/** Where they are at the directory. */
const COLLECTIONS = ['servicePrincipals', 'groups', 'users'] as const

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

/** Whom `text` means: an object id, a client id or a name; undefined if the visitor sees none such, or several. */
export async function findPrincipal(api: PortalApi, text: string): Promise<PrincipalBody | undefined> {
  const [only, ...others] = await findPrincipals(api, text)
  return others.length === 0 ? only : undefined
}

/** All of them that the visitor sees: of one name there may be several. */
export async function findPrincipals(api: PortalApi, text: string): Promise<readonly PrincipalBody[]> {
  const guid = readGuid(text.trim())
  const filters = guid ? [`id eq '${guid}'`, `appId eq '${guid}'`] : [`displayName eq ${quoted(text.trim())}`]
  for (const filter of filters) {
    const found = await Promise.all(COLLECTIONS.map((collection) => search(api, collection, filter)))
    const all = found.flat()
    if (all.length > 0) return all
  }
  return []
}

async function search(api: PortalApi, collection: string, filter: string): Promise<PrincipalBody[]> {
  const query = new URLSearchParams({ $filter: filter })
  return (await api.page(`/v1.0/${collection}?${query}`)).value
}

/** A text in a filter. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** The page of a principal; of a user and a group that of its roles. */
export function principalPage({ id, alternativeNames }: PrincipalBody): string {
  if (alternativeNames === undefined) return link('/roles', { principal: id })
  const resourceId = alternativeNames.find((name) => name.startsWith('/'))
  return link(resourceId === undefined ? `/applications/${id}` : pathOfId(resourceId))
}

/** A principal as a link, or its id where its name may not be seen. */
export function principalLink(id: string, known: ReadonlyMap<string, PrincipalBody>): Html {
  const principal = known.get(id)
  if (!principal) return html`<code>${shown(id)}</code>`
  return html`<a href="${principalPage(principal)}">${shown(principal.displayName)}</a>`
}
