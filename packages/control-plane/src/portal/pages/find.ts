/**
 * Finds the page of what an id names: the one in a line of a log, in a token, in a resource.
 *
 * @module
 */

import { html } from '../html/html.ts'
import { link } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { pathOfId } from '../inner/resource-paths.ts'
import { type PageRoute, page } from '../page.ts'
import { findPrincipal, principalPage } from './principals.ts'

/** The page, which is seen only where nothing is found. */
export const FIND: PageRoute = page('/find', async ({ api, query }) => {
  const wanted = (query.q ?? '').trim()
  if (/^\/subscriptions\//i.test(wanted)) return { redirect: link(pathOfId(wanted)) }
  const principal = wanted === '' ? undefined : await findPrincipal(api, wanted)
  if (principal) return { redirect: principalPage(principal) }
  return {
    title: 'Nothing found',
    status: 404,
    body: html`<p>No machine, identity, application, user or group that you may see has the name or id ${shown(wanted)}. A name must be whole, and
only one of them may have it. The <a href="${link('/audit', { machine: wanted })}">audit trail</a> still knows what was deleted.</p>`,
  }
})
