/**
 * What is answered first to a person who followed a link on a page of another site, such as a chat. The browser keeps the cookie of
 * a session back from that request, so nothing says whether the person is signed in. The next request comes from this page of our
 * own and brings the cookie. It goes to the sign-in, which answers in any case: so a browser that keeps the cookie back again sees
 * the sign-in, and does not go round in a circle.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6265#section-5.4
 * @module
 */

import type { FastifyRequest } from 'fastify'
import { html } from '../html/html.ts'
import type { ShownPage } from '../page.ts'
import { signInPath } from './sign-in.ts'

/** The page, from which the browser goes on by itself. */
export function followedLinkPage(request: Pick<FastifyRequest, 'method' | 'url'>): ShownPage {
  const path = signInPath(request)
  return {
    title: 'One moment',
    goOn: path,
    body: html`<p><a href="${path}">Go on to the page</a></p>`,
  }
}
