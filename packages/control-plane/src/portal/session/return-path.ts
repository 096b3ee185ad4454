/**
 * Where a person goes on after the sign-in: a path of the portal, never another site.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html
 * @module
 */

const FIRST = '/portal'

/** `wanted` if it is a path of the portal that can be looked at, else the first page. */
export function returnPath(wanted: string | undefined): string {
  if (!wanted || !URL.canParse(wanted, 'https://portal.invalid')) return FIRST
  const { origin, pathname, search } = new URL(wanted, 'https://portal.invalid')
  if (origin !== 'https://portal.invalid' || !/^\/portal(\/|$)/i.test(pathname)) return FIRST
  if (/^\/portal\/+sign-/i.test(pathname)) return FIRST
  return pathname + search
}
