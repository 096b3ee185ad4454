/**
 * The beginning of a session: the browser gets a cookie with its id.
 *
 * @module
 */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PortalSession, SessionBeginning, SessionChange } from '../../admission/portal-sessions.ts'
import type { PortalSiteParts } from '../portal-parts.ts'
import { sessionCookie, sessionIdIn } from '../session/cookie.ts'

/** A request that may come from nobody yet. */
export interface Visit {
  request: FastifyRequest
  reply: FastifyReply
  session: PortalSession | undefined
}

/** Signs in under a new id in any case: one that somebody else may have put into the browser is worth nothing. */
export async function beginSession(
  { sessions, now }: PortalSiteParts,
  beginning: Omit<SessionBeginning, 'formerId'>,
  { request, reply }: Visit,
): Promise<void> {
  const formerId = sessionIdIn(request.headers.cookie)
  const id = await sessions.begin({ ...beginning, formerId }, changeBy(request, now()))
  reply.header('Set-Cookie', sessionCookie(id))
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
