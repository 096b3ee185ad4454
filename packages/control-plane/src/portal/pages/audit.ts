/**
 * The audit trail: who did what, with which machine, when; and all of it as a file.
 *
 * @module
 */

import type { AuditAction } from '../../audit/audit-entry.ts'
import { type Html, html } from '../html/html.ts'
import { exactTime, field, link, pager, select } from '../html/parts.ts'
import { type PageRequest, type PageRoute, page } from '../page.ts'
import {
  fieldTime,
  isFromEver,
  isSameSpan,
  longSpans,
  spanIn,
  type TimeSpan,
  usualSpans,
} from './audit-span.ts'
import { auditTable } from './audit-table.ts'

const TRAIL = '/landfast/v1/audit'

/** More would keep the browser waiting: the command reads a trail of any length. */
const EXPORTED_PAGES = 10

/** What people mostly look for; any other may be typed. */
const ACTIONS: readonly AuditAction[] = [
  ...(['issue-token', 'enrol-machine', 'disable-machine', 'delete-machine'] as const),
  ...(['assign-role', 'remove-role', 'assign-identity', 'unassign-identity', 'sign-in'] as const),
]

const OUTCOMES = [
  ['', 'Any'],
  ['done', 'Done'],
  ['refused', 'Refused'],
] as const

/** The page and the file. */
export const AUDIT: readonly PageRoute[] = [
  page('/audit', async ({ api, query, time }) => {
    const span = spanIn(query, time)
    const list = { $top: '50', $orderby: 'time desc' }
    const { value, next } = await api.page(pathOf(query, span, list), query.after)
    const shown = { ...filterIn(query), ...spanQuery(span) }
    return {
      title: 'Audit',
      section: 'audit',
      body: html`${filterForm(query, span)}
${usualLinks(query, span, time)}
<p>${spanText(span)}</p>
${auditTable(value, time, whereElse(query, time))}
${pager('/audit', shown, { next, after: query.after })}
<p><a href="${link('/audit/export', shown)}">Save these entries as a file</a>, oldest first, one JSON object a line, 10,000 at most.
<code>landfast control-plane audit --json</code> prints a trail of any length.</p>`,
    }
  }),
  page('/audit/export', async ({ api, query, time }) => ({
    download: {
      name: `audit-${time.toISOString().slice(0, 10)}.jsonl`,
      type: 'application/jsonl',
      text: await allEntries(api, pathOf(query, spanIn(query, time), { $top: '1000' })),
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

function spanText({ from, to }: TimeSpan): Html {
  const end = exactTime(to.toISOString())
  if (isFromEver({ from, to })) return html`From the beginning of the trail to ${end}`
  return html`From ${exactTime(from.toISOString())} to ${end}${from >= to && ': the end is not after the beginning'}`
}

/** What a person does next who finds nothing. */
function whereElse(query: PageRequest['query'], now: Date): Html {
  const { id, correlationId } = query
  if (id || correlationId) {
    return html`<p>The trail has what changed something, and what was refused for want of a right or of a valid credential. For other requests
look for the id in the log of the control plane.</p>`
  }
  return html`<p>Look at a longer time: ${spanLinks(longSpans(now), query)}</p>`
}

/** What is looked for beside the time. */
function filterIn({
  caller,
  machine,
  action,
  outcome,
  code,
  correlationId,
  id,
}: PageRequest['query']): Record<string, string> {
  const given = Object.entries({ caller, machine, action, outcome, code, correlationId, id })
  return Object.fromEntries(given.map(([name, value]) => [name, value?.trim() ?? '']))
}

/** As the address has it: the same span also later. */
function spanQuery(span: TimeSpan): Record<'from' | 'to', string> {
  return { from: isFromEver(span) ? '' : fieldTime(span.from), to: fieldTime(span.to) }
}

function pathOf(
  query: PageRequest['query'],
  { from, to }: TimeSpan,
  more: Readonly<Record<string, string>>,
): string {
  const search = new URLSearchParams({ since: from.toISOString(), until: to.toISOString(), ...more })
  for (const [name, value] of Object.entries(filterIn(query))) {
    if (value) search.set(name, value)
  }
  return `${TRAIL}?${search}`
}

function filterForm(query: PageRequest['query'], span: TimeSpan): Html {
  const { caller, machine, action, outcome, code, correlationId, id } = query
  const [from, to] = [isFromEver(span) ? undefined : fieldTime(span.from), query.to && fieldTime(span.to)]
  return html`<form method="get" action="/portal/audit" class="filter" role="search">
${field('From (UTC)', html`<input type="datetime-local" name="from" value="${from}" step="any">`)}
${field('To (UTC)', html`<input type="datetime-local" name="to" value="${to}" step="any">`)}
${field('Who (name or id)', html`<input name="caller" value="${caller}" spellcheck="false">`)}
${field('Which machine (name or id)', html`<input name="machine" value="${machine}" spellcheck="false">`)}
${field('What', html`<input name="action" value="${action}" placeholder="issue-token" list="actions" spellcheck="false">`)}
<datalist id="actions">${ACTIONS.map((name) => html`<option value="${name}"></option>`)}</datalist>
${field('Outcome', select('outcome', OUTCOMES, outcome))}
${field('Code of the refusal', html`<input name="code" value="${code}" spellcheck="false">`)}
${field('Correlation id', html`<input name="correlationId" value="${correlationId}" spellcheck="false">`)}
${id && field('Id of the entry (trace id)', html`<input name="id" value="${id}" spellcheck="false">`)}
<button>Show</button>
</form>`
}

/** What else is looked for stays. */
function usualLinks(query: PageRequest['query'], shown: TimeSpan, now: Date): Html {
  return html`<nav class="pager" aria-label="Times">${spanLinks(usualSpans(now), query, shown)}</nav>`
}

function spanLinks(
  spans: readonly (readonly [name: string, TimeSpan])[],
  query: PageRequest['query'],
  shown?: TimeSpan,
): readonly Html[] {
  return spans.map(
    ([name, span]) =>
      html`<a href="${link('/audit', { ...filterIn(query), ...spanQuery(span) })}"${shown && isSameSpan(span, shown) && html` aria-current="true"`}>${name}</a> `,
  )
}
