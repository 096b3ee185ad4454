/**
 * A request that may come from nobody yet, and the beginning of a session: the browser gets a cookie with its id.
 *
 * @module
 */

import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  type PortalSession,
  type SessionBeginning,
  type SessionChange,
  sessionDigest,
} from '../../admission/portal-sessions.ts'
import type { PortalParts } from '../portal-parts.ts'
import { sessionCookie, sessionIdIn } from '../session/cookie.ts'

/** Where people sign in. */
export const SIGN_IN = '/portal/sign-in'

/** Where to sign in, to go on at `back` then. */
export function signInAt(back: string, path = SIGN_IN): string {
  return back === '/portal' ? path : `${path}?${new URLSearchParams({ back })}`
}

/** A request that may come from nobody yet. */
export interface Visit {
  request: FastifyRequest
  reply: FastifyReply
  session: PortalSession | undefined
}

/**
 * Signs in under a new id in any case: one that somebody else may have put into the browser is worth nothing. The former session is
 * that of the browser, unless it is named.
 */
export async function beginSession(
  { sessions, now }: Pick<PortalParts, 'sessions' | 'now'>,
  { former, ...beginning }: SessionBeginning,
  { request, reply }: Visit,
): Promise<void> {
  const ended = former ?? formerSession(request)
  const id = await sessions.begin({ ...beginning, former: ended }, changeBy(request, now()))
  reply.header('Set-Cookie', sessionCookie(id))
}

/** The digest of the session that the browser has, if it says so. */
export function formerSession({ headers }: FastifyRequest): string | undefined {
  const id = sessionIdIn(headers.cookie)
  return id === undefined ? undefined : sessionDigest(id)
}

/** What is kept of the request by which a session begins or ends. */
export function changeBy({ id, ip }: FastifyRequest, time: Date): SessionChange {
  return { time, correlationId: id, address: ip }
}

/** The fields of a form. One that is given twice is none. */
export function formOf({ body }: Pick<FastifyRequest, 'body'>): Record<string, string | undefined> {
  const fields = Object.entries((body ?? {}) as Record<string, unknown>)
  return Object.fromEntries(fields.filter(([, value]) => typeof value === 'string')) as Record<string, string>
}

/** The same of the address. */
export function queryOf({ query }: FastifyRequest): Record<string, string | undefined> {
  return formOf({ body: query })
}
