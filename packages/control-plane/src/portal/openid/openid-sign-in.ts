/**
 * The sign-in with an account of the company: to the provider, and back from it.
 *
 * @see docs/portal.md#with-your-companys-accounts
 * @module
 */

import { BucketLimit, RefusalLimit } from '@landfast/server'
import type { Admitted, Person } from '../../admission/portal-people.ts'
import { SharedPlaces } from '../../federation/shared-places.ts'
import { networkOf } from '../../limits/request-limits.ts'
import type { PageAnswer } from '../page.ts'
import { retryHeader, unavailableOf } from '../portal-error.ts'
import type { OpenIdParts, PortalParts } from '../portal-parts.ts'
import { returnPath } from '../session/return-path.ts'
import {
  beginSession,
  changeBy,
  formerSession,
  queryOf,
  signInAt,
  type Visit,
} from '../sign-in/session-start.ts'
import { type Flow, flowCookie, flowIn, NO_FLOW_COOKIE, newFlow } from './flow.ts'
import { OpenIdFailure } from './openid-failure.ts'
import { arrivedPage, failedPage, type Stranger } from './openid-pages.ts'
import { type IdClaims, readPerson, whyNoGroups } from './person.ts'
import { createOpenIdProvider, type OpenIdProvider } from './provider.ts'

/** The way to the provider and back. */
export interface OpenIdSignIn {
  /** Sends a person to the provider. */
  begin(visit: Visit): Promise<PageAnswer>
  /** Takes back whom the provider sends. */
  finish(visit: Visit): Promise<PageAnswer>
}

/** What it is made of. */
interface Parts extends PortalParts {
  openId: OpenIdParts
  provider: OpenIdProvider
}

/** Below the origin of the control plane; a provider compares the whole as text. */
export const CALLBACK = '/portal/sign-in/callback'

/** Each holds a connection to the provider until that answers. */
const AT_ONCE_MAX = { total: 64, each: 8 } as const

/** How many answers of no worth a network may bring: each has had the provider asked. */
const WRONG = { burst: 300, perSecond: 5 } as const

/** The sign-in by the provider that `openId` describes. */
export function createOpenIdSignIn(given: PortalParts, openId: OpenIdParts): OpenIdSignIn {
  const { names, now } = given
  const redirectUri = () => names.origin + CALLBACK
  const parts = { ...given, openId, provider: createOpenIdProvider({ ...openId, redirectUri, now }) }
  const gate = createGate(now)
  const refusals = new RefusalLimit(() => now().getTime())
  const guarded = (work: (parts: Parts, visit: Visit) => Promise<PageAnswer>) => async (visit: Visit) => {
    const { ip } = visit.request
    const leave = gate.enter(ip)
    try {
      if (!leave) throw new OpenIdFailure('openid_busy', 'too many are under way')
      return await work(parts, visit)
    } catch (error) {
      if (!(error instanceof OpenIdFailure)) return unavailable(error, visit)
      if (error.code === 'openid_answer_wrong') gate.wrong(ip)
      return failed(parts, error, { visit, refusals })
    } finally {
      leave?.()
    }
  }
  return { begin: guarded(begin), finish: guarded(finish) }
}

/** Bounds how often anybody has the provider asked. */
function createGate(now: () => Date) {
  const places = new SharedPlaces(AT_ONCE_MAX)
  const wrong = new BucketLimit(WRONG)
  return {
    /** What to call at the end; undefined if there is no place now. */
    enter: (address: string) => {
      const network = networkOf(address)
      return wrong.waitSeconds(network, now().getTime()) > 0 ? undefined : places.take(network)
    },
    wrong: (address: string) => wrong.take(networkOf(address), now().getTime()),
  }
}

/** Nobody is sent there by another site: who is signed in at the provider would come back without having wanted it. */
async function begin({ openId, provider, now }: Parts, { request, reply }: Visit): Promise<PageAnswer> {
  const back = returnPath(queryOf(request).back)
  const { 'sec-fetch-site': site = 'none' } = request.headers
  if (site !== 'same-origin' && site !== 'none') return { redirect: signInAt(back) }
  const flow = newFlow({ back, former: formerSession(request), now: now() })
  const redirect = await provider.signInUrl(flow)
  reply.header('Set-Cookie', flowCookie(flow, openId.encryptionKey))
  return { redirect }
}

async function finish(parts: Parts, visit: Visit): Promise<PageAnswer> {
  const { openId, provider, now } = parts
  const { request, reply } = visit
  const { state } = queryOf(request)
  const flow = flowIn(request.headers.cookie, { key: openId.encryptionKey, state, now: now() })
  if (!flow) throw new OpenIdFailure('openid_state', 'the browser has no sign-in of this state')
  reply.header('Set-Cookie', NO_FLOW_COOKIE)
  const claims = await provider.finish(searchOf(request.url), flow)
  const principalId = await admit(parts, { claims, flow }, visit)
  await beginSession(parts, { principalId, former: flow.former }, visit)
  return arrivedPage(flow.back)
}

function searchOf(url: string): string {
  return url.slice(url.indexOf('?'))
}

/** The object id of the user. */
async function admit(
  { openId, now }: Parts,
  { claims, flow }: { claims: IdClaims; flow: Flow },
  { request }: Visit,
): Promise<string> {
  const person = readPerson(claims, openId.provider)
  if (person === 'subject')
    throw new OpenIdFailure('openid_answer_wrong', 'the claim "sub" is no subject that can be kept')
  if (person === 'groups')
    throw new OpenIdFailure('openid_groups', `the claim "${openId.provider.groupsClaim}" is no list of texts`)
  const admitted = await openId.people.admit(person, flow, changeBy(request, now()))
  if (typeof admitted === 'object') return admitted.principalId
  throw refusalOf(admitted, { person, whyNoGroups: whyNoGroups(claims, openId.provider) })
}

function refusalOf(why: Exclude<Admitted, object>, stranger: Stranger): OpenIdFailure {
  const who = `subject ${JSON.stringify(stranger.person.subject)}`
  if (why === 'spent') return new OpenIdFailure('openid_state', 'the sign-in was ended before')
  if (why === 'disabled') return new OpenIdFailure('openid_disabled', who)
  return new OpenIdFailure('openid_no_role', `${who}, ${groupsOf(stranger.person)}`, { stranger })
}

function groupsOf({ groups }: Person): string {
  return groups.length === 1 ? 'one group' : `${groups.length} groups`
}

/** The sign-in is spent, so to load its page again would be of no use. @throws `error` itself if it is another one. */
function unavailable(error: unknown, { request, reply }: Visit): PageAnswer {
  const refusal = unavailableOf(error)
  reply.headers(retryHeader(refusal))
  return failedPage(refusal.code, { requestId: request.id, signIn: signInAt('/portal') })
}

function failed(
  { log, openId }: Parts,
  { code, message, shown }: OpenIdFailure,
  { visit: { request }, refusals }: { visit: Visit; refusals: RefusalLimit },
): PageAnswer {
  const suppressed = refusals.take(code)
  const { issuer } = openId.provider
  if (suppressed !== undefined) {
    const facts = { requestId: request.id, code, issuer, why: message, suppressed }
    log.warn(facts, 'somebody was not signed in by the OpenID provider')
  }
  return failedPage(code, { requestId: request.id, signIn: signInAt('/portal'), ...shown })
}
