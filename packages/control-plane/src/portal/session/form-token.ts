/**
 * The token that every form of a session carries. It follows from the id of the session, which no page of another site knows,
 * and does not reveal it.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 * @module
 */

import { createHmac, timingSafeEqual } from 'node:crypto'

/** The token of the session with this id. */
export function formTokenOf(sessionId: string): string {
  return createHmac('sha256', sessionId).update('landfast portal form').digest('base64url')
}

/** Whether `token` is that of the session. */
export function isFormTokenOf(sessionId: string, token: string | undefined): boolean {
  const expected = Buffer.from(formTokenOf(sessionId))
  const given = Buffer.from(token ?? '')
  return given.length === expected.length && timingSafeEqual(given, expected)
}
