/**
 * How a person comes in and goes: with the secret of an application, which the token endpoint checks as it checks all, or with a
 * code of `landfast portal`.
 *
 * @see docs/portal.md#signing-in
 * @module
 */

import type { FastifyRequest } from 'fastify'
import type { PageAnswer } from '../page.ts'
import { PortalError, retryHeader } from '../portal-error.ts'
import type { PortalSiteParts } from '../portal-parts.ts'
import { NO_COOKIE } from '../session/cookie.ts'
import { isFormTokenOf } from '../session/form-token.ts'
import { returnPath } from '../session/return-path.ts'
import { askByCode, signInByCode } from './code-sign-in.ts'
import { proveBySecret } from './proven-principal.ts'
import { beginSession, changeBy, formOf, queryOf, type Visit } from './session-start.ts'
import { signInPage } from './sign-in-page.ts'

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
    [`GET ${SIGN_IN}/code`]: (visit) => askByCode(parts, visit),
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
  if (proof instanceof PortalError) {
    visit.reply.headers(retryHeader(proof))
    return signInPage({ back: returnPath(back), clientId, refusal: proof })
  }
  await beginSession(parts, proof, visit)
  return { redirect: returnPath(back) }
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
