/**
 * How a person comes in and goes: with the secret or the certificate of an application, which the token endpoint checks as it checks
 * all, or with a code of `landfast portal`.
 *
 * @see docs/portal.md#signing-in
 * @module
 */

import type { FastifyRequest } from 'fastify'
import { ENDPOINT } from '../../authority/endpoints.ts'
import type { PageAnswer } from '../page.ts'
import { PortalError, retryHeader } from '../portal-error.ts'
import type { PortalSiteParts } from '../portal-parts.ts'
import { NO_COOKIE } from '../session/cookie.ts'
import { isFormTokenOf } from '../session/form-token.ts'
import { returnPath } from '../session/return-path.ts'
import { proveByCertificate } from './certificate-sign-in.ts'
import { askByCode, signInByCode } from './code-sign-in.ts'
import { type Proven, provePrincipal } from './proven-principal.ts'
import { beginSession, changeBy, formOf, queryOf, type Visit } from './session-start.ts'
import { type SignInForms, signInPage } from './sign-in-page.ts'

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
      return session ? { redirect: back } : pageOf(parts, { back })
    },
    [`POST ${SIGN_IN}`]: (visit) => signInBySecret(parts, visit),
    [`POST ${SIGN_IN}/certificate`]: (visit) => signInByCertificate(parts, visit),
    [`GET ${SIGN_IN}/code`]: (visit) => askByCode(parts, visit),
    [`POST ${SIGN_IN}/code`]: (visit) => signInByCode(parts, visit),
    'POST /portal/sign-out': (visit) => signOut(parts, visit),
  }
  return {
    answer: async (path, visit) => answers[`${visit.request.method} ${path.replace(/\/$/, '')}`]?.(visit),
  }
}

function signInBySecret(parts: PortalSiteParts, visit: Visit): Promise<PageAnswer> {
  const { clientId = '', secret = '' } = formOf(visit.request)
  const credential = { client_secret: secret.trim() }
  const presented = { clientId: clientId.trim(), credential, wrong: 'credential_wrong' } as const
  return signInWith(parts, visit, provePrincipal(parts, presented, visit.request))
}

function signInByCertificate(parts: PortalSiteParts, visit: Visit): Promise<PageAnswer> {
  const { clientId = '', assertion = '' } = formOf(visit.request)
  const presented = { clientId: clientId.trim(), assertion }
  return signInWith(parts, visit, proveByCertificate(parts, presented, visit.request))
}

async function signInWith(
  parts: PortalSiteParts,
  visit: Visit,
  proving: Promise<Proven | PortalError>,
): Promise<PageAnswer> {
  const { clientId = '', back: wanted } = formOf(visit.request)
  const [back, proof] = [returnPath(wanted), await proving]
  if (proof instanceof PortalError) {
    visit.reply.headers(retryHeader(proof))
    return pageOf(parts, { back, clientId, refusal: proof })
  }
  await beginSession(parts, { principalId: proof.principalId }, visit)
  return { redirect: back }
}

function pageOf(
  { names, now }: PortalSiteParts,
  shown: Pick<SignInForms, 'back' | 'clientId' | 'refusal'>,
): PageAnswer {
  const tokenEndpoint = `${names.origin}/${names.tenantId}${ENDPOINT.v2.token}`
  return signInPage({ ...shown, tokenEndpoint, time: now() })
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
