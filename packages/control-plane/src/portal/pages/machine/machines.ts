/**
 * The list of machines.
 *
 * @module
 */

import { notice, untold } from '../../html/done.ts'
import { type Html, html } from '../../html/html.ts'
import { field, happened, link, livePart, pager, searchField, select, table } from '../../html/parts.ts'
import { shown } from '../../html/shown-text.ts'
import { unlessForbidden } from '../../inner/api-refusal.ts'
import type { ApiPage } from '../../inner/portal-api.ts'
import { readOn } from '../../inner/reading-on.ts'
import { choicesOf, groupIn, pathOfId, subscriptionFor, versioned } from '../../inner/resource-paths.ts'
import { type PageRequest, type PageRoute, page } from '../../page.ts'
import { readTime } from '../audit-span.ts'
import { quoted } from '../principals.ts'
import { type WrongGroup, wrongGroupOf } from '../wrong-group.ts'
import { DISABLED, FAILING, STATUSES, statusBadge } from './machine-status.ts'
import { tagMarks } from './tag-marks.ts'

const ROWS = '50'

type Query = PageRequest['query']

/** The page. */
export const MACHINES: PageRoute = page('/machines', async (request) => {
  const { api, query, now } = request
  const { all, chosen } = await subscriptionFor(api, query.subscription)
  const subscriptions = choicesOf(all)
  if (!chosen)
    return { title: 'Machines', section: 'machines', body: html`<div class="empty">${NO_SUBSCRIPTION}</div>` }
  const path = listPath(chosen.subscriptionId, query)
  const list = await readOn((after) => api.page(path, after), query.after, now)
    .catch(unlessForbidden)
    .catch(wrongGroupOf)
  const frame = { title: 'Machines', section: 'machines' } as const
  if (list && 'sentence' in list) {
    return { ...frame, status: list.status, body: filterForm(query, subscriptions, list) }
  }
  return {
    ...frame,
    body: html`${notice({ deleted: ({ what }) => html`The machine ${shown(what)} is deleted.` }, query)}
${filterForm(query, subscriptions)}
${list ? livePart('list', machineTable(list, request)) : NOT_ALL}`,
  }
})

function machineTable({ value, next }: ApiPage, { query, time }: PageRequest): Html {
  return html`${table({
    caption: 'Machines',
    head: ['Name', 'Status', 'Resource group', 'Last heartbeat', 'Agent', 'Tags'],
    rows: value.map((machine) => rowOf(machine, time)),
    empty: emptyText(query, next),
  })}
${pager('/machines', query, { next: value.length === 0 ? undefined : next, after: query.after })}`
}

/** Not all machines may have been looked at. */
function emptyText(query: Query, next: string | undefined): Html {
  if (next !== undefined) return lookFurther(query, next)
  if (query.after) return html`<p>There is none any more.</p>`
  if (!isFiltered(query)) return NONE_YET
  return html`<p>No machine is like that. <a href="${link('/machines', { subscription: query.subscription })}">Show all machines</a></p>`
}

function lookFurther(query: Query, next: string): Html {
  const further = link('/machines', { ...untold(query), after: next })
  return html`<p>None among the machines looked at until here.</p><p><a class="button" rel="next" href="${further}">Look further</a></p>`
}

/** Stands in the address for the version of machines that told none. */
export const NO_VERSION = 'none'

/** How the list may be ordered, by the word in the address; the usual order is by groups. */
const ORDERS: ReadonlyMap<string | undefined, string> = new Map([
  ['name', 'name'],
  ['heartbeat', 'properties/lastHeartbeat'],
  ['newest', 'properties/lastHeartbeat desc'],
])

const NO_SUBSCRIPTION = html`<p>You see no subscription: your account has no role. An Owner can give you one, on the page “Roles”.</p>`
const NOT_ALL = html`<div class="empty"><p>Your account may not see all these machines. Type a resource group whose machines it may see, and press “Show”.</p></div>`
const NONE_YET = html`<p>There is no machine yet.</p><p><a class="button" href="/portal/join">Join a server</a></p>`

function listPath(subscriptionId: string, query: Query): string {
  const base = `/subscriptions/${subscriptionId}`
  const group = query.group ? `/resourceGroups/${encodeURIComponent(query.group)}` : ''
  return versioned(`${base}${group}/providers/Microsoft.HybridCompute/machines`, 'machines', {
    $top: ROWS,
    $filter: filterOf(query),
    $search: query.q?.trim(),
    $orderby: ORDERS.get(query.order),
  })
}

/** What the API narrows the list by. */
function filterOf({ status, tag, version, endsFrom, endsBefore }: Query): string {
  const { name, value } = readTag(tag)
  return [
    status === DISABLED && `properties/statusReason eq ${quoted(DISABLED)}`,
    status === FAILING && `properties/landfastHealth eq ${quoted(FAILING)}`,
    status && status !== DISABLED && status !== FAILING && `properties/status eq ${quoted(status)}`,
    version && `properties/agentVersion eq ${quoted(version === NO_VERSION ? '' : version)}`,
    endTerm('ge', endsFrom),
    endTerm('lt', endsBefore),
    name && `tagName eq ${quoted(name)}`,
    name && value && `tagValue eq ${quoted(value)}`,
  ]
    .filter(Boolean)
    .join(' and ')
}

/** As the field has it, or as the pages show a tag. */
function readTag(text = ''): { name: string; value?: string } {
  const [name = '', value] = text.split(text.includes('=') ? /=(.*)/s : /: (.*)/s, 2)
  return { name: name.trim(), ...(value !== undefined && { value: value.trim() }) }
}

function endTerm(form: 'ge' | 'lt', text: string | undefined): string | false {
  const time = readTime(text)
  return time !== undefined && `properties/certificateEnd ${form} ${quoted(time.toISOString())}`
}

function isFiltered(query: Query): boolean {
  return Boolean(query.q || query.group || filterOf(query))
}

function filterForm(
  query: Query,
  subscriptions: readonly (readonly [string, string])[],
  wrong?: WrongGroup,
): Html {
  return html`<form method="get" action="/portal/machines" class="filter" role="search">
${subscriptions.length > 1 && field('Subscription', select('subscription', subscriptions, query.subscription))}
${field('Name begins with, or an id', html`<input name="q" value="${query.q}" spellcheck="false">`)}
${field('Status', select('status', [['', 'Any'], ...STATUSES, [DISABLED, 'Disabled'], [FAILING, 'A part fails']], query.status))}
${searchField('Resource group', { name: 'group', value: query.group }, wrong?.sentence)}
${field('Tag', html`<input name="tag" value="${query.tag}" placeholder="NAME or NAME=VALUE" spellcheck="false">`)}
${field(
  'Order',
  select(
    'order',
    [
      ['', 'By resource group'],
      ['name', 'By name'],
      ['heartbeat', 'Longest silent first'],
      ['newest', 'Newest heartbeat first'],
    ],
    query.order,
  ),
)}
${rareFields(query)}
<button>Show</button>
</form>`
}

/** Open where one of them is filled. */
function rareFields({ version, endsFrom, endsBefore }: Query): Html {
  return html`<details${(version || endsFrom || endsBefore) && html` open`}><summary>Version and certificate</summary>
${field('Version of the agent', html`<input name="version" value="${version}" placeholder="0.1.0 or ${NO_VERSION}" spellcheck="false">`)}
${field('Certificate ends from (UTC)', html`<input type="datetime-local" name="endsFrom" value="${endsFrom}" step="any">`)}
${field('and before (UTC)', html`<input type="datetime-local" name="endsBefore" value="${endsBefore}" step="any">`)}
</details>`
}

// biome-ignore lint/suspicious/noExplicitAny: the body of a machine, as Resource Manager writes it.
function rowOf(machine: any, now: Date) {
  const { id, name, tags, properties } = machine
  return [
    html`<a href="${link(pathOfId(id))}">${shown(name)}</a>`,
    html`${statusBadge(properties)}${properties.landfastHealth?.state === FAILING && html` <span class="badge bad">A part fails</span>`}`,
    shown(groupIn(id)),
    happened(properties.lastHeartbeat, now),
    shown(properties.agentVersion),
    html`${tagMarks(tags, 3)}`,
  ]
}
