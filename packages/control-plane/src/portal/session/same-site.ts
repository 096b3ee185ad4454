/**
 * Where a request of a browser came from, as the browser says it: a page of the portal, a person, or another site.
 *
 * @see https://www.w3.org/TR/fetch-metadata/
 * @module
 */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/**
 * Whether a form was sent by a page of the portal. Browsers that say nothing of the site name the origin. Without either it is no
 * browser, or one that cannot be believed.
 */
export function isFromHere(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-site': site, origin, host } = headers
  if (site !== undefined) return site === 'same-origin'
  return origin !== undefined && host !== undefined && origin === `https://${host}`
}

/** Whether the browser says at all who sent a form. Text browsers and programs do not. */
export function saysSender({ 'sec-fetch-site': site, origin }: IncomingHttpHeaders): boolean {
  return site !== undefined || origin !== undefined
}

/**
 * Whether a page of the portal led to this one. Browsers that say nothing of the site name the page that led to it, which no other
 * site can do for them.
 */
export function isLedFromHere(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-site': site, referer, host } = headers
  if (site !== undefined) return site === 'same-origin'
  return referer !== undefined && host !== undefined && referer.startsWith(`https://${host}/`)
}

/**
 * Whether a person followed a link on a page of another site, in a window of its own: then the browser keeps the cookie of a session
 * back. A page that leads on by itself, and a frame, are no person.
 */
export function isFollowedLink({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  const { 'sec-fetch-site': site, 'sec-fetch-dest': kind, 'sec-fetch-user': person } = headers
  const isElsewhere = site === 'cross-site' || site === 'same-site'
  return method === 'GET' && isElsewhere && kind === 'document' && person === '?1'
}
