/**
 * The sign-in by the link of `landfast portal`. Whoever has an account here can make such a link and have another person open it,
 * who would then work in an account that is not theirs. So the page names the account before anybody is signed in, and asks.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html#possible-csrf-vulnerability-in-login-forms
 * @module
 */

import type { PortalCode } from '../../admission/portal-codes.ts'
import { TooManyRequests } from '../../limits/too-many-requests.ts'
import type { PageAnswer } from '../page.ts'
import { PortalError } from '../portal-error.ts'
import type { PortalSiteParts } from '../portal-parts.ts'
import { returnPath } from '../session/return-path.ts'
import { codePage } from './code-page.ts'
import { beginSession, formOf, queryOf, type Visit } from './session-start.ts'

/** The page that a link opens. To look at it spends nothing, so neither does what only follows links. */
export async function askByCode(parts: PortalSiteParts, visit: Visit): Promise<PageAnswer> {
  const { code = '', back } = queryOf(visit.request)
  return questionAbout(await knownCode(parts, visit, code), { code, back: returnPath(back), visit })
}

/**
 * What its button does. A browser that came from elsewhere brought no cookie to the page, so only now it is known whether somebody
 * is signed in: then the page asks once more.
 */
export async function signInByCode(parts: PortalSiteParts, visit: Visit): Promise<PageAnswer> {
  const { code = '', leaving, back: wanted } = formOf(visit.request)
  const back = returnPath(wanted)
  const known = await knownCode(parts, visit, code)
  const other = otherThan(known, visit)
  if (other && leaving !== other.principalId) return questionAbout(known, { code, back, visit })
  const spent = await parts.codes.spend(code, parts.now())
  if (!spent) throw wrongCode(parts, visit)
  await beginSession(parts, { principalId: spent.principalId, endsBy: spent.sessionEndsAt }, visit)
  return { redirect: back }
}

function questionAbout(
  known: PortalCode,
  { code, back, visit }: { code: string; back: string; visit: Visit },
): PageAnswer {
  const isSame = visit.session?.principalId === known.principalId
  return codePage({ ...known, code, back, isSame, other: otherThan(known, visit) })
}

/** Who else is signed in in this browser. */
function otherThan({ principalId }: PortalCode, { session }: Visit): Visit['session'] {
  return session?.principalId === principalId ? undefined : session
}

/** @throws {PortalError} `code_spent` or `code_throttled`. */
async function knownCode(parts: PortalSiteParts, visit: Visit, code: string): Promise<PortalCode> {
  const known = await parts.codes.look(code, parts.now())
  if (!known) throw wrongCode(parts, visit)
  return known
}

/** Counts among the wrong credentials of the address; a right code is taken at any time. */
function wrongCode({ limits, now }: PortalSiteParts, { request }: Visit): PortalError {
  const wait = limits.wrong({ address: request.ip }, now())
  if (wait === 0) return new PortalError('code_spent')
  return new PortalError('code_throttled', { cause: new TooManyRequests(wait) })
}
