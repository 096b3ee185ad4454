/**
 * When the keys and certificates of the control plane itself end.
 *
 * @module
 */

import { type Html, html } from '../html/html.ts'
import { dueWhen, facts, link } from '../html/parts.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { PortalApi } from '../inner/portal-api.ts'
import { CERTIFICATES, type CertificateBody, holderOf, KEYS } from './keys.ts'

/** What the visitor may see of it. */
export async function keyEnds(api: PortalApi, now: Date): Promise<Html | false> {
  const [keys, certificates]: [{ nextRotation?: string } | undefined, CertificateBody[] | undefined] =
    await Promise.all([api.get(KEYS).catch(unlessForbidden), api.all(CERTIFICATES).catch(unlessForbidden)])
  if (!keys && !certificates) return false
  const ends = (certificates ?? []).map(
    (one) => [`${holderOf(one)}: certificate ends`, dueWhen(one.expiresAt, now)] as const,
  )
  return html`<h2>Keys</h2>
${facts([...(keys ? [['Another key signs tokens', dueWhen(keys.nextRotation, now)] as const] : []), ...ends])}
<p><a href="${link('/keys')}">Keys and certificates</a></p>`
}
