/**
 * Whether a form was sent by a page of the portal, as the browser says it.
 *
 * @see https://www.w3.org/TR/fetch-metadata/
 * @module
 */

import type { IncomingHttpHeaders } from 'node:http'

/** Browsers that say nothing of the site name the origin. Without either it is no browser, or one that cannot be believed. */
export function isFromHere(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-site': site, origin, host } = headers
  if (site !== undefined) return site === 'same-origin'
  return origin !== undefined && host !== undefined && origin === `https://${host}`
}
