/**
 * Whether a request was made by a page of the portal, as the browser says it.
 *
 * @see https://www.w3.org/TR/fetch-metadata/
 * @module
 */

import type { IncomingHttpHeaders } from 'node:http'

/** Of a form. Browsers that say nothing of the site name the origin. Without either it is no browser, or one that cannot be believed. */
export function isFromHere(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-site': site, origin, host } = headers
  if (site !== undefined) return site === 'same-origin'
  return origin !== undefined && host !== undefined && origin === `https://${host}`
}

/** Of a page that is looked at. Browsers that say nothing of the site name the page that led to it, which no other site can do for them. */
export function isLedFromHere(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-site': site, referer, host } = headers
  if (site !== undefined) return site === 'same-origin'
  return referer !== undefined && host !== undefined && referer.startsWith(`https://${host}/`)
}
