/**
 * The audit trail: who did what, with which machine, when; and all of it as a file.
 *
 * @module
 */

import { type Html, html } from '../html/html.ts'
import { field, link, pager, select } from '../html/parts.ts'
import { type PageRequest, type PageRoute, page } from '../page.ts'
import { auditTable } from './audit-table.ts'

const TRAIL = '/landfast/v1/audit'

const HOUR_MILLISECONDS = 3_600_000

/** How far back, by the value in the form. */
const SPANS = [
  ['1', 'the last hour'],
  ['24', 'the last day'],
  ['168', 'the last week'],
  ['720', 'the last 30 days'],
  ['2160', 'the last 90 days'],
] as const

/** More would keep the browser waiting: the command reads a trail of any length. */
const EXPORTED_PAGES = 10

/** The page and the file. */
export const AUDIT: readonly PageRoute[] = [
  page('/audit', async ({ api, query, time }) => {
    const { value, next } = await api.page(
      pathOf(query, { $top: '50', $orderby: 'time desc' }, time),
      query.after,
    )
    const given = Object.fromEntries(Object.entries(query).filter(([name]) => name !== 'after'))
    return {
      title: 'Audit',
      section: 'audit',
      body: html`${filterForm(query)}
${auditTable(value, time)}
${pager('/audit', { ...query, until: query.until ?? time.toISOString() }, { next, after: query.after })}
<p><a href="${link('/audit/export', given)}">Save these entries as a file</a>, oldest first, one JSON object a line, 10,000 at most.
<code>landfast control-plane audit --json</code> prints a trail of any length.</p>`,
    }
  }),
  page('/audit/export', async ({ api, query, time }) => ({
    download: {
      name: `audit-${time.toISOString().slice(0, 10)}.jsonl`,
      type: 'application/jsonl',
      text: await allEntries(api, pathOf(query, { $top: '1000' }, time)),
    },
  })),
]

async function allEntries(api: PageRequest['api'], path: string): Promise<string> {
  const lines: string[] = []
  let after: string | undefined
  for (let pages = 0; pages < EXPORTED_PAGES; pages += 1) {
    const { value, next } = await api.page(path, after)
    lines.push(...value.map((entry) => `${JSON.stringify(entry)}\n`))
    after = next
    if (after === undefined) break
  }
  return lines.join('')
}

/** A time in years of four digits, as the API reads them. */
function endOf(until: string | undefined): Date | undefined {
  return until && /^\d{4}-/.test(until) && !Number.isNaN(Date.parse(until)) ? new Date(until) : undefined
}

function pathOf(query: PageRequest['query'], more: Readonly<Record<string, string>>, now: Date): string {
  const { hours = '24', caller, machine, action, outcome, until } = query
  const span = SPANS.some(([known]) => known === hours) ? Number(hours) : 24
  const end = endOf(until) ?? now
  const since = new Date(end.getTime() - span * HOUR_MILLISECONDS).toISOString()
  const search = new URLSearchParams({ since, ...more })
  for (const [name, value] of Object.entries({ caller, machine, action, outcome })) {
    if (value?.trim()) search.set(name, value.trim())
  }
  if (until) search.set('until', end.toISOString())
  return `${TRAIL}?${search}`
}

function filterForm({ hours = '24', caller, machine, action, outcome }: PageRequest['query']): Html {
  return html`<form method="get" action="/portal/audit" class="filter" role="search">
${field('When', select('hours', SPANS, hours))}
${field('Who (name or id)', html`<input name="caller" value="${caller}" spellcheck="false">`)}
${field('Which machine (name or id)', html`<input name="machine" value="${machine}" spellcheck="false">`)}
${field('What', html`<input name="action" value="${action}" placeholder="issue-token" spellcheck="false">`)}
${field(
  'Outcome',
  select(
    'outcome',
    [
      ['', 'Any'],
      ['done', 'Done'],
      ['refused', 'Refused'],
    ],
    outcome,
  ),
)}
<button>Show</button>
</form>`
}
