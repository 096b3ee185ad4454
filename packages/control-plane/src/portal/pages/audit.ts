/**
 * The audit trail: who did what, with which machine, when; and all of it as a file.
 *
 * @module
 */

import { type Html, html } from '../html/html.ts'
import { exactTime, link, pager } from '../html/parts.ts'
import { createTurns } from '../inner/export-turns.ts'
import type { ApiPage } from '../inner/portal-api.ts'
import { type PageRequest, type PageRoute, page } from '../page.ts'
import { filterForm, filterIn, machineNamed, wrongFieldOf } from './audit-filter.ts'
import {
  isFromEver,
  isSameSpan,
  longSpans,
  type SpanQuery,
  spanIn,
  spanQuery,
  type TimeSpan,
  usualSpans,
} from './audit-span.ts'
import { auditTable } from './audit-table.ts'

const TRAIL = '/landfast/v1/audit'

/** More would keep the browser waiting: the command reads a trail of any length. */
const EXPORTED_PAGES = 10

const inTurn = createTurns()

/** The page and the file. */
export const AUDIT: readonly PageRoute[] = [
  page('/audit', async ({ api, query, time }) => {
    const span = spanIn(query, time)
    const list = { $top: '50', $orderby: 'time desc' }
    const found = await api.page(pathOf(query, span, list), query.after).catch(wrongFieldOf)
    const section = 'audit'
    if ('sentence' in found) {
      return { title: 'Audit', section, status: 400, body: filterForm(query, span, found) }
    }
    const machine = machineNamed(filterIn(query))
    const title = machine === undefined ? 'Audit' : `Audit of ${machine}`
    return { title, section, body: html`${filterForm(query, span)}${entries(found, { query, span, time })}` }
  }),
  page('/audit/export', async (request) => ({
    download: {
      name: `audit-${request.time.toISOString().slice(0, 10)}.jsonl`,
      type: 'application/jsonl; charset=utf-8',
      text: request.isHeadAlone
        ? undefined
        : await inTurn(request.session.principalId, () => fileOf(request)),
    },
  })),
]

function fileOf({ api, query, time }: PageRequest): Promise<string> {
  return allEntries(api, pathOf(query, spanIn(query, time), { $top: '1000' }))
}

function entries(
  { value, next }: ApiPage,
  { query, span, time }: Pick<PageRequest, 'query' | 'time'> & { span: TimeSpan },
): Html {
  const shown = { ...filterIn(query), ...spanQuery(query) }
  const isOnly = value.length === 1 && next === undefined && query.after === undefined
  return html`${usualLinks(query, time)}
<p>${spanText(span)}</p>
${auditTable(value, time, { empty: whereElse(query, time), isOpen: isOnly })}
${pager('/audit', shown, { next, after: query.after })}
<p><a href="${link('/audit/export', shown)}">Save these entries as a file</a>, oldest first, one JSON object a line, 10,000 at most.
<code>landfast control-plane audit --json</code> prints a trail of any length.</p>`
}

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
  const { id, correlationId, tokenId, ...others } = filterIn(query)
  if (tokenId) {
    return html`<p>No entry fits. Tokens of another control plane are not in the trail, nor are those that are older than it is kept.</p>`
  }
  if (id || correlationId) {
    return html`<p>No entry fits. By such an id the trail finds what changed something, and what was refused for want of a right or of a valid credential;
a token that was issued it finds by the id of the token, its jti or uti. For other requests look for the id in the log of the control plane.</p>`
  }
  const isFiltered = Object.values(others).some((value) => value !== '')
  return html`<p>${isFiltered ? 'No entry fits.' : 'Nothing happened.'}</p>
<p>Look at a longer time: ${spanLinks(longSpans(now), query)}</p>`
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

/** What else is looked for stays. */
function usualLinks(query: PageRequest['query'], now: Date): Html {
  return html`<nav class="pager" aria-label="Times">${spanLinks(usualSpans(now), query, spanQuery(query))}</nav>`
}

function spanLinks(
  spans: readonly (readonly [name: string, SpanQuery])[],
  query: PageRequest['query'],
  shown?: SpanQuery,
): readonly Html[] {
  return spans.map(
    ([name, span]) =>
      html`<a href="${link('/audit', { ...filterIn(query), ...span })}"${shown && isSameSpan(span, shown) && html` aria-current="true"`}>${name}</a> `,
  )
}
