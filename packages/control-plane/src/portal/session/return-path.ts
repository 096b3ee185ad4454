/**
 * Where a person goes on after the sign-in and after an action: a path of the portal, never another site.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html
 * @module
 */

import { DONE, type Told, untold } from '../html/done.ts'

const FIRST = '/portal'

/** `wanted` if it is a path of the portal that can be looked at, else the first page. What an action did is said before, or never. */
export function returnPath(wanted: string | undefined): string {
  if (!wanted || !URL.canParse(wanted, 'https://portal.invalid')) return FIRST
  const { origin, pathname, search, searchParams } = new URL(wanted, 'https://portal.invalid')
  if (origin !== 'https://portal.invalid' || !/^\/portal(\/|$)/i.test(pathname)) return FIRST
  if (/^\/portal\/+sign-/i.test(pathname)) return FIRST
  if (!searchParams.has(DONE)) return pathname + search
  const rest = new URLSearchParams(untold(Object.fromEntries(searchParams)))
  return pathname + (rest.size === 0 ? '' : `?${rest}`)
}

/** The page that a form stands on, for the redirect after what it did. */
export function backTo({ back }: Readonly<Record<string, string>>, told: Told): string {
  const { pathname, searchParams } = new URL(returnPath(back), 'https://portal.invalid')
  for (const [name, value] of Object.entries(told)) if (value) searchParams.set(name, value)
  return `${pathname}?${searchParams}`
}
