/**
 * Answers the requests of browsers: finds who is signed in and which page is meant, and puts what the page says into the frame.
 *
 * @see docs/portal.md
 * @module
 */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PortalSession } from '../admission/portal-sessions.ts'
import { ASSETS_PATH, loadAssets } from './assets.ts'
import { failurePage, faultNotice } from './failure-page.ts'
import { FormFault } from './form-fault.ts'
import { DONE } from './html/done.ts'
import { html } from './html/html.ts'
import { type Framed, layout } from './html/layout.ts'
import { ApiRefusal } from './inner/api-refusal.ts'
import { createPortalApi } from './inner/portal-api.ts'
import { createLiveHub } from './live/live-hub.ts'
import { LIVE_PATH } from './live/live-path.ts'
import { beginStream } from './live/live-stream.ts'
import type { Download, PageAnswer, PageRequest } from './page.ts'
import { createPageRoutes } from './page-routes.ts'
import { PAGES } from './pages/page-list.ts'
import { failureOf, PortalError, retryHeader } from './portal-error.ts'
import type { PortalSiteParts } from './portal-parts.ts'
import { sessionIdIn } from './session/cookie.ts'
import { formTokenOf, isFormTokenOf } from './session/form-token.ts'
import { returnPath } from './session/return-path.ts'
import { isFollowedLink, isFromHere, isLedFromHere, saysSender } from './session/same-site.ts'
import { followedLinkPage } from './sign-in/followed-link-page.ts'
import { createSignIn, signInPath } from './sign-in/sign-in.ts'

/** The portal as the server asks it. */
export interface PortalSite {
  answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>
  /** Answers a request that could not be read. */
  fail(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply
}

/** Nothing of a page comes from elsewhere, nothing stands in it that a text could have brought, and no other site frames it. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const

/** How long a browser waits at least before it comes back to a stream that has ended, and twice that at most: not all at once. */
const RETURN_MILLISECONDS = 2_000

/** The portal made of `parts`. */
export function createPortalSite(parts: PortalSiteParts, random: () => number = Math.random): PortalSite {
  const assets = loadAssets()
  const findPage = createPageRoutes(PAGES)
  const signIn = createSignIn(parts)
  const hub = createLiveHub(parts)

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    reply.headers(HEADERS)
    const path = pathOf(request)
    if (path.startsWith(ASSETS_PATH)) return sendAsset(path, request, reply)
    let session: PortalSession | undefined
    try {
      if (request.method === 'POST') refuseElsewhere(request)
      session = await sessionOf(request)
      if (isLive(request)) return await keepLive(session, request, reply)
      const answered =
        (await signIn.answer(path, { request, reply, session })) ?? (await answerPage(path, request, session))
      return send(answered, { reply, session })
    } catch (error) {
      return refuse(error, { request, reply, session })
    }
  }

  async function sessionOf(request: FastifyRequest): Promise<PortalSession | undefined> {
    const { headers } = request
    const id = sessionIdIn(headers.cookie)
    // A page that is only left open does not keep anybody signed in, nor does a look at its head.
    const isOpened = headers['landfast-live'] === undefined && !isLive(request) && request.method !== 'HEAD'
    const asker = isOpened ? 'person' : 'script'
    return id === undefined ? undefined : parts.sessions.find(id, parts.now(), asker)
  }

  async function keepLive(
    session: PortalSession | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    refuseElsewhere(request)
    if (!session) throw new PortalError('session_ended')
    const returnMilliseconds = RETURN_MILLISECONDS * (1 + random())
    await hub.keep(session, (onEnd) => beginStream(reply, { returnMilliseconds, onEnd }))
    return reply
  }

  async function answerPage(
    path: string,
    request: FastifyRequest,
    session: PortalSession | undefined,
  ): Promise<PageAnswer> {
    if (!session) return signInFor(request)
    const form = textsOf(request.body)
    if (request.method === 'POST' && !isFormTokenOf(session.id, form.formToken)) {
      throw new PortalError('form_expired')
    }
    const found = findPage(readMethod(request), belowPortal(path))
    if (!found) throw new PortalError('page_unknown')
    const { route, params } = found
    const rights = await parts.rightsOf(session.principalId)
    const asked: PageRequest = {
      ...{ params, form, session, rights },
      isHeadAlone: request.method === 'HEAD',
      query: queryOf(request),
      api: createPortalApi(parts, { session, correlationId: request.id, address: request.ip }),
      origin: parts.names.origin,
      hasProvider: parts.openId !== undefined,
      formToken: formTokenOf(session.id),
      time: parts.now(),
      now: parts.now,
    }
    const answered = await route.answer(asked).catch((error) => answerAgain(error, { asked, path }))
    const isTold = DONE in textsOf(request.query) && 'body' in answered
    return isTold ? { ...answered, address: returnPath(request.url) } : answered
  }

  /** Shows the page of a form again that was not filled as it must be. */
  async function answerAgain(
    error: unknown,
    { asked, path }: { asked: PageRequest; path: string },
  ): Promise<PageAnswer> {
    if (!(error instanceof FormFault)) throw error
    const address = returnPath(asked.form.back)
    const { pathname, searchParams } = new URL(address, parts.names.origin)
    const found = findPage('GET', belowPortal(pathname))
    const typed = { to: belowPortal(path), values: asked.form, fault: error }
    const query = Object.fromEntries(searchParams)
    const again = await found?.route.answer({ ...asked, params: found.params, query, form: {}, typed })
    if (!again || !('body' in again)) throw error
    return { ...again, address, status: error.status, body: html`${faultNotice(error)}${again.body}` }
  }

  function send(
    answered: PageAnswer,
    { reply, session }: { reply: FastifyReply; session: PortalSession | undefined },
  ): FastifyReply {
    if ('redirect' in answered) return reply.code(303).header('Location', answered.redirect).send()
    if ('download' in answered) return sendFile(answered.download, reply)
    if (answered.goOn !== undefined) reply.header('Refresh', `0; url=${answered.goOn}`)
    return reply
      .code(answered.status ?? 200)
      .type('text/html; charset=utf-8')
      .send(layout({ ...answered, assets: assets.urls, visitor: visitorOf(session) }).toString())
  }

  function refuse(
    error: unknown,
    {
      request,
      reply,
      session,
    }: { request: FastifyRequest; reply: FastifyReply; session?: PortalSession | undefined },
  ): FastifyReply {
    // Who was signed in may do nothing any more: disabled or deleted meanwhile.
    if (error instanceof ApiRefusal && error.status === 401) {
      if (request.method !== 'POST')
        return send({ redirect: signInPath(request) }, { reply, session: undefined })
      return refuse(new PortalError('form_expired'), { request, reply })
    }
    const known = error instanceof ApiRefusal || error instanceof PortalError
    if (!known) parts.log.error({ requestId: request.id, err: error }, 'the portal failed')
    const refusal = known ? error : failureOf(error)
    reply.headers(retryHeader(refusal))
    // What another site wrote would seem to be said by the portal.
    const sent = isFromHere(request.headers) ? textsOf(request.body) : {}
    const { url, id: requestId } = request
    const asked = { method: readMethod(request), url, sent, requestId }
    return send(failurePage(refusal, asked), { reply, session })
  }

  function sendAsset(path: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const asset = assets.find(path)
    if (!asset) return refuse(new PortalError('page_unknown'), { request, reply })
    reply.headers({ 'Cache-Control': 'public, max-age=31536000, immutable', ETag: asset.etag })
    if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send()
    return reply.type(asset.type).send(asset.content)
  }

  return {
    answer,
    fail: (error, request, reply) => {
      const refusal = isOfClient(error) ? formRefusal(error) : error
      return refuse(refusal, { request, reply: reply.headers(HEADERS) })
    },
  }
}

/** @throws {PortalError} `cross_site` or `site_unsaid`. */
function refuseElsewhere({ headers }: FastifyRequest): void {
  if (isFromHere(headers)) return
  throw new PortalError(saysSender(headers) ? 'cross_site' : 'site_unsaid')
}

/** What is asked: HEAD looks at what GET would get. */
function readMethod({ method }: FastifyRequest): string {
  return method === 'HEAD' ? 'GET' : method
}

/** Where to go without a session. @throws {PortalError} `form_expired` with a form, whose page shows what was typed. */
function signInFor(request: FastifyRequest): PageAnswer {
  if (request.method === 'POST') throw new PortalError('form_expired')
  if (isFollowedLink(request)) return followedLinkPage(request)
  return { redirect: signInPath(request) }
}

/** Never shown as a page, whatever is in it. */
function sendFile({ name, type, text }: Download, reply: FastifyReply) {
  return reply.type(type).header('Content-Disposition', `attachment; filename="${name}"`).send(text)
}

function belowPortal(path: string): string {
  return path.replace(/^\/portal/i, '')
}

/** A stream, and no page. */
function isLive(request: FastifyRequest): boolean {
  return request.method === 'GET' && pathOf(request).toLowerCase() === LIVE_PATH
}

/** Without the slashes that the router overlooks. */
function pathOf({ url }: FastifyRequest): string {
  const [path = ''] = url.split('?', 1)
  return path.replaceAll(/\/{2,}/g, '/')
}

function visitorOf(session: PortalSession | undefined): Framed['visitor'] {
  return session && { displayName: session.displayName, formToken: formTokenOf(session.id) }
}

/** The texts of a form or a query; of one that is given twice the last counts. What is no text is no form's. */
function textsOf(given: unknown): Record<string, string> {
  const texts = Object.entries((given ?? {}) as Record<string, unknown>)
    .map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value] as const)
    .filter((pair): pair is [string, string] => typeof pair[1] === 'string')
  return Object.fromEntries(texts)
}

/** What was done is said to who did it: another site's link would seem to be answered. */
function queryOf({ query, headers }: FastifyRequest): Record<string, string> {
  const { [DONE]: done, ...others } = textsOf(query)
  return done !== undefined && isLedFromHere(headers) ? { ...others, [DONE]: done } : others
}

/** As Fastify says it. */
type ReadError = Error & { statusCode?: number }

function isOfClient({ statusCode = 500 }: ReadError): boolean {
  return statusCode >= 400 && statusCode < 500
}

function formRefusal(cause: ReadError): PortalError {
  return new PortalError(cause.statusCode === 413 ? 'form_too_large' : 'form_malformed', { cause })
}
