/**
 * How a person comes in and goes: with an account of the company, with the secret or the certificate of an application, which the
 * token endpoint checks as it checks all, or with a code of `landfast portal`.
 *
 * @see docs/portal.md#signing-in
 * @module
 */

import type { FastifyRequest } from 'fastify'
import { ENDPOINT } from '../../authority/endpoints.ts'
import type { OpenIdSignIn } from '../openid/openid-sign-in.ts'
import type { PageAnswer } from '../page.ts'
import { PortalError, retryHeader, unavailableOf } from '../portal-error.ts'
import type { PortalSiteParts } from '../portal-parts.ts'
import { NO_COOKIE } from '../session/cookie.ts'
import { isFormTokenOf } from '../session/form-token.ts'
import { returnPath } from '../session/return-path.ts'
import { proveByCertificate } from './certificate-sign-in.ts'
import { askByCode, signInByCode } from './code-sign-in.ts'
import { type Proven, provePrincipal } from './proven-principal.ts'
import { beginSession, changeBy, formOf, queryOf, SIGN_IN, signInAt, type Visit } from './session-start.ts'
import { type ProviderLink, type SignInForms, signInPage } from './sign-in-page.ts'

/** The pages before a session and at its end. */
export interface SignIn {
  /** Undefined if `path` is none of them. */
  answer(path: string, visit: Visit): Promise<PageAnswer | undefined>
}

type Answers = Readonly<Record<string, (visit: Visit) => Promise<PageAnswer>>>

/** Where to sign in, to come back to what `request` asked for. */
export function signInPath({ method, url }: Pick<FastifyRequest, 'method' | 'url'>): string {
  return signInAt(method === 'POST' ? '/portal' : returnPath(url))
}

/** The sign-in to the portal made of `parts`. */
export function createSignIn(parts: PortalSiteParts): SignIn {
  const openId = openIdAnswers(parts)
  const answers: Answers = {
    [`GET ${SIGN_IN}`]: async ({ request, session }) => {
      const back = returnPath(queryOf(request).back)
      return session ? { redirect: back } : pageOf(parts, { back })
    },
    [`POST ${SIGN_IN}`]: (visit) => signInBySecret(parts, visit),
    [`POST ${SIGN_IN}/certificate`]: (visit) => signInByCertificate(parts, visit),
    [`GET ${SIGN_IN}/code`]: (visit) => askByCode(parts, visit),
    [`POST ${SIGN_IN}/code`]: (visit) => signInByCode(parts, visit),
    'POST /portal/sign-out': (visit) => signOut(parts, visit),
    ...openId,
  }
  return {
    answer: async (path, visit) => {
      const { method } = visit.request
      const place = path.replace(/\/$/, '')
      if (method !== 'HEAD') return answers[`${method} ${place}`]?.(visit)
      // The way to the provider and back sets cookies and spends what the provider answers.
      const asked = `GET ${place}`
      return asked in openId ? { redirect: SIGN_IN } : answers[asked]?.(visit)
    },
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
  const refusal = proof instanceof PortalError ? proof : await beginUnlessAway(parts, proof, visit)
  if (!refusal) return { redirect: back }
  visit.reply.headers(retryHeader(refusal))
  return pageOf(parts, { back, clientId, refusal })
}

/** Resolves to why there is no session: the database may have gone since it knew the credential. */
async function beginUnlessAway(
  parts: PortalSiteParts,
  { principalId }: Proven,
  visit: Visit,
): Promise<PortalError | undefined> {
  try {
    await beginSession(parts, { principalId }, visit)
    return undefined
  } catch (error) {
    return unavailableOf(error)
  }
}

function pageOf(
  parts: PortalSiteParts,
  shown: Pick<SignInForms, 'back' | 'clientId' | 'refusal'>,
): PageAnswer {
  const { names, now } = parts
  const { origin } = names
  const tokenEndpoint = `${origin}/${names.tenantId}${ENDPOINT.v2.token}`
  const provider = providerLink(parts, shown.back)
  return signInPage({ ...shown, provider, origin, tokenEndpoint, time: now() })
}

/** Nothing of it is loaded before somebody signs in so. */
function openIdAnswers(parts: PortalSiteParts): Answers {
  const { openId } = parts
  if (!openId) return {}
  let made: Promise<OpenIdSignIn> | undefined
  const make = () => {
    made ??= import('../openid/openid-sign-in.ts').then((it) => it.createOpenIdSignIn(parts, openId))
    // What failed is tried again.
    made.catch(() => {
      made = undefined
    })
    return made
  }
  return {
    [`GET ${SIGN_IN}/openid`]: async (visit) => (await make()).begin(visit),
    [`GET ${SIGN_IN}/callback`]: async (visit) => (await make()).finish(visit),
  }
}

/** At the name by which the provider sends people back: the browser must have its cookies there. */
function providerLink({ openId, names }: PortalSiteParts, back: string): ProviderLink | undefined {
  if (!openId) return undefined
  const { host } = new URL(openId.provider.issuer)
  return { host, href: names.origin + signInAt(back, `${SIGN_IN}/openid`) }
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
