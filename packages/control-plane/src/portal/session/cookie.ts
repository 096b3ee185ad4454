/**
 * The cookie of a session. Its name begins with `__Host-`, so that no other host can set it, and no page of another site sends
 * it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6265#section-5.4
 * @module
 */

const NAME = '__Host-landfast-portal'
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict'

/** The header that gives a browser the session with this id, until it is closed. */
export function sessionCookie(id: string): string {
  return `${NAME}=${id}; ${ATTRIBUTES}`
}

/** The header that takes it away. */
export const NO_COOKIE = `${NAME}=; ${ATTRIBUTES}; Max-Age=0`

/** The id of a session in the header `Cookie`; undefined if it names none. */
export function sessionIdIn(header: string | undefined): string | undefined {
  return cookieIn(header, NAME)
}

/** The value of the cookie `name`; undefined if there is none. */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [found, value] = pair.trim().split('=', 2)
    if (found === name && value) return value
  }
  return undefined
}
