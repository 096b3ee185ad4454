/**
 * The first page: what is out, what failed, what ends soon.
 *
 * @module
 */

import { html } from '../html/html.ts'
import { type PageRoute, page } from '../page.ts'
import { auditTable, readAudit } from './audit-table.ts'

const DAY_MILLISECONDS = 86_400_000

/** The page. */
export const OVERVIEW: PageRoute = page('', async ({ api, time }) => {
  const since = new Date(time.getTime() - DAY_MILLISECONDS).toISOString()
  const failures = await readAudit(api, { outcome: 'refused', since, $top: '20' })
  return {
    title: 'Overview',
    section: 'overview',
    body: html`<h2>Refused in the last day</h2>
${failures ? auditTable(failures, time) : html`<p>Your account may not read the audit trail.</p>`}`,
  }
})
