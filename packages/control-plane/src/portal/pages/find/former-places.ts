/**
 * Where the audit trail has something that is no more.
 *
 * @module
 */

import { type Html, html } from '../../html/html.ts'
import { link } from '../../html/parts.ts'
import { ApiRefusal } from '../../inner/api-refusal.ts'
import type { PortalApi } from '../../inner/portal-api.ts'
import { daysBefore, fieldTime } from '../audit-span.ts'
import { readAudit } from '../audit-table.ts'

/** What the audit trail has of something that is no more. */
export interface FormerPlaces {
  links: readonly { label: string; href: string }[]
  /** Whether the visitor may read the trail. */
  isReadable: boolean
}

const ROLES_IN_TRAIL = [
  ['machine', 'What happened with the machine of this name or id'],
  ['caller', 'What was asked under this name or id'],
] as const

/** Up to the last time that something happened with it, and three months before that. */
export async function formerPlaces(api: PortalApi, wanted: string): Promise<FormerPlaces> {
  const searches = ROLES_IN_TRAIL.map(async ([role, label]) => {
    const since = new Date(0).toISOString()
    const entries = await readAudit(api, { [role]: wanted, since, $top: '1' }).catch(unlessUnknown)
    const from = entries?.[0] && fieldTime(daysBefore(new Date(entries[0].time), 90))
    return {
      isReadable: entries !== undefined,
      label,
      href: from && link('/audit', { [role]: wanted, from }),
    }
  })
  const found = await Promise.all(searches)
  return {
    links: found.flatMap(({ label, href }) => (href === undefined ? [] : [{ label, href }])),
    isReadable: found.every(({ isReadable }) => isReadable),
  }
}

/** A name that no principal ever had. */
function unlessUnknown(error: unknown): [] {
  if (error instanceof ApiRefusal && error.status === 400) return []
  throw error
}

/** The links, with what stands before them; nothing where there is none. */
export function formerLinks({ links }: FormerPlaces): Html | false {
  return (
    links.length > 0 &&
    html`<p>It may have been deleted. The audit trail still knows it:</p><ul>${links.map(({ href, label }) => html`<li><a href="${href}">${label}</a></li>`)}</ul>`
  )
}
