/**
 * The list of machines.
 *
 * @module
 */

import { type Html, html } from '../html/html.ts'
import { field, happened, link, livePart, notice, pager, select, table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { ApiPage } from '../inner/portal-api.ts'
import { groupIn, pathOfId, subscriptionFor, versioned } from '../inner/resource-paths.ts'
import { type PageRequest, type PageRoute, page } from '../page.ts'
import { STATUSES, statusBadge } from './machine-status.ts'
import { quoted } from './principals.ts'

const ROWS = '50'

/** The page. */
export const MACHINES: PageRoute = page('/machines', async (request) => {
  const { api, query } = request
  const { all, chosen } = await subscriptionFor(api, query.subscription)
  const subscriptions = all.map(({ subscriptionId, displayName }) => [subscriptionId, displayName] as const)
  if (!chosen)
    return { title: 'Machines', section: 'machines', body: html`<div class="empty">${NO_SUBSCRIPTION}</div>` }
  const list = await api.page(listPath(chosen.subscriptionId, query), query.after).catch(unlessForbidden)
  return {
    title: 'Machines',
    section: 'machines',
    body: html`${notice({ deleted: 'The machine is deleted.' }, query.done)}
${filterForm(query, subscriptions)}
${list ? livePart('list', machineTable(list, request)) : NOT_ALL}`,
  }
})

function machineTable({ value, next }: ApiPage, { query, time }: PageRequest): Html {
  return html`${table({
    caption: 'Machines',
    head: ['Name', 'Status', 'Resource group', 'Last heartbeat', 'Agent', 'Tags'],
    rows: value.map((machine) => rowOf(machine, time)),
    empty: isFiltered(query) ? NONE_SUCH : NONE_YET,
  })}
${pager('/machines', query, { next, after: query.after })}`
}

/** How the list may be ordered, by the word in the address; the usual order is by groups. */
const ORDERS: ReadonlyMap<string | undefined, string> = new Map([
  ['name', 'name'],
  ['heartbeat', 'properties/lastHeartbeat'],
])

const NO_SUBSCRIPTION = html`<p>You see no subscription: your account has no role. An Owner can give you one, on the page “Roles”.</p>`
const NOT_ALL = html`<div class="empty"><p>Your account may not see all these machines. Type a resource group whose machines it may see, and press “Show”.</p></div>`
const NONE_SUCH = html`<p>No machine is like that. <a href="/portal/machines">Show all machines</a></p>`
const NONE_YET = html`<p>There is no machine yet.</p><p><a class="button" href="/portal/join">Join a server</a></p>`

function listPath(subscriptionId: string, query: PageRequest['query']): string {
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
function filterOf({ status, tag }: PageRequest['query']): string {
  const [name = '', value] = (tag ?? '').split(/=(.*)/s, 2)
  return [
    status === 'Disabled' && "properties/statusReason eq 'Disabled'",
    status && status !== 'Disabled' && `properties/status eq ${quoted(status)}`,
    name && `tagName eq ${quoted(name)}`,
    name && value && `tagValue eq ${quoted(value)}`,
  ]
    .filter(Boolean)
    .join(' and ')
}

function isFiltered({ q, status, tag, group, after }: PageRequest['query']): boolean {
  return Boolean(q || status || tag || group || after)
}

function filterForm(
  query: PageRequest['query'],
  subscriptions: readonly (readonly [string, string])[],
): Html {
  return html`<form method="get" action="/portal/machines" class="filter" role="search">
${subscriptions.length > 1 && field('Subscription', select('subscription', subscriptions, query.subscription))}
${field('Name begins with, or an id', html`<input name="q" value="${query.q}" spellcheck="false">`)}
${field('Status', select('status', [['', 'Any'], ...STATUSES], query.status))}
${field('Resource group', html`<input name="group" value="${query.group}" spellcheck="false">`)}
${field('Tag', html`<input name="tag" value="${query.tag}" placeholder="NAME or NAME=VALUE" spellcheck="false">`)}
${field(
  'Order',
  select(
    'order',
    [
      ['', 'By resource group'],
      ['name', 'By name'],
      ['heartbeat', 'Longest silent first'],
    ],
    query.order,
  ),
)}
<button>Show</button>
</form>`
}

// biome-ignore lint/suspicious/noExplicitAny: the body of a machine, as Resource Manager writes it.
function rowOf(machine: any, now: Date) {
  const { id, name, tags, properties } = machine
  return [
    html`<a href="${link(pathOfId(id))}">${shown(name)}</a>`,
    statusBadge(properties),
    shown(groupIn(id)),
    happened(properties.lastHeartbeat, now),
    shown(properties.agentVersion),
    html`${Object.entries(tags as Record<string, string>)
      .slice(0, 3)
      .map(([key, value]) => html`<span class="tag">${shown(key)}: ${shown(value)}</span> `)}`,
  ]
}
