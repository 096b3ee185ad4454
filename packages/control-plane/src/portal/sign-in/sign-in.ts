/**
 * How a person comes in and goes: with the secret of an application, which the token endpoint checks as it checks all, or with a
 * code of `landfast portal`.
 *
 * @see docs/portal.md#signing-in
 * @module
 */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PortalSession, SessionChange } from '../../admission/portal-sessions.ts'
import type { PageAnswer } from '../page.ts'
import { PortalError } from '../portal-error.ts'
import type { PortalSiteParts } from '../portal-parts.ts'
import { NO_COOKIE, sessionCookie, sessionIdIn } from '../session/cookie.ts'
import { isFormTokenOf } from '../session/form-token.ts'
import { returnPath } from '../session/return-path.ts'
import { proveBySecret } from './proven-principal.ts'
import { codePage, signInPage } from './sign-in-page.ts'

/** A request that may come from nobody yet. */
export interface Visit {
  request: FastifyRequest
  reply: FastifyReply
  session: PortalSession | undefined
}

/** The pages before a session and at its end. */
export interface SignIn {
  /** Undefined if `path` is none of them. */
  answer(path: string, visit: Visit): Promise<PageAnswer | undefined>
}

const SIGN_IN = '/portal/sign-in'

/** Where to sign in, to come back to what `request` asked for. */
export function signInPath({ method, url }: Pick<FastifyRequest, 'method' | 'url'>): string {
  const wanted = method === 'GET' ? returnPath(url) : '/portal'
  return wanted === '/portal' ? SIGN_IN : `${SIGN_IN}?${new URLSearchParams({ back: wanted })}`
}

/** The sign-in to the portal made of `parts`. */
export function createSignIn(parts: PortalSiteParts): SignIn {
  const answers: Readonly<Record<string, (visit: Visit) => Promise<PageAnswer>>> = {
    [`GET ${SIGN_IN}`]: async ({ request, session }) => {
      const back = returnPath(queryOf(request).back)
      return session ? { redirect: back } : signInPage({ back })
    },
    [`POST ${SIGN_IN}`]: (visit) => signInBySecret(parts, visit),
    [`GET ${SIGN_IN}/code`]: async ({ request }) => codePage(queryOf(request)),
    [`POST ${SIGN_IN}/code`]: (visit) => signInByCode(parts, visit),
    'POST /portal/sign-out': (visit) => signOut(parts, visit),
  }
  return {
    answer: async (path, visit) => answers[`${visit.request.method} ${path.replace(/\/$/, '')}`]?.(visit),
  }
}

async function signInBySecret(parts: PortalSiteParts, visit: Visit): Promise<PageAnswer> {
  const { clientId = '', secret = '', back } = formOf(visit.request)
  const proof = await proveBySecret(
    parts,
    { clientId: clientId.trim(), secret: secret.trim() },
    visit.request,
  )
  if (proof instanceof PortalError) return signInPage({ back: returnPath(back), clientId, refusal: proof })
  await beginSession(parts, proof.principalId, visit)
  return { redirect: returnPath(back) }
}

async function signInByCode(parts: PortalSiteParts, visit: Visit): Promise<PageAnswer> {
  const { code = '', back } = formOf(visit.request)
  const principalId = await parts.sessions.spendCode(code, parts.now())
  if (principalId === undefined) throw new PortalError('code_spent')
  await beginSession(parts, principalId, visit)
  return { redirect: returnPath(back) }
}

/** Under a new id in any case: one that somebody else may have put into the browser is worth nothing. */
async function beginSession(
  { sessions, now }: PortalSiteParts,
  principalId: string,
  { request, reply }: Visit,
): Promise<void> {
  const former = sessionIdIn(request.headers.cookie)
  reply.header(
    'Set-Cookie',
    sessionCookie(await sessions.begin(principalId, former, changeBy(request, now()))),
  )
}

async function signOut(
  { sessions, now }: PortalSiteParts,
  { request, reply, session }: Visit,
): Promise<PageAnswer> {
  const { formToken, reach } = formOf(request)
  if (session) {
    if (!isFormTokenOf(session.id, formToken)) throw new PortalError('form_expired')
    await sessions.end(session, reach === 'all' ? 'all' : 'this', changeBy(request, now()))
  }
  reply.header('Set-Cookie', NO_COOKIE)
  return { redirect: SIGN_IN }
}

function changeBy({ id, ip }: FastifyRequest, time: Date): SessionChange {
  return { time, correlationId: id, address: ip }
}

/** A field that is given twice is none. */
function formOf({ body }: FastifyRequest): Record<string, string | undefined> {
  const fields = Object.entries((body ?? {}) as Record<string, unknown>)
  return Object.fromEntries(fields.filter(([, value]) => typeof value === 'string')) as Record<string, string>
}

function queryOf({ query }: FastifyRequest): Record<string, string | undefined> {
  return formOf({ body: query } as FastifyRequest)
}
