/**
 * The first page: how the fleet is, what ends soon, what was refused. Each figure leads to what it counts.
 *
 * @module
 */

import { isVersion } from '../../fleet/agent-version.ts'
import { type Html, html } from '../html/html.ts'
import { field, happened, link, livePart, select, table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { PortalApi } from '../inner/portal-api.ts'
import { choicesOf, type Subscription, subscriptionFor } from '../inner/resource-paths.ts'
import { type PageRoute, page } from '../page.ts'
import { daysBefore, fieldTime } from './audit-span.ts'
import { type AuditBody, auditTable, readAudit, refusedByCallers } from './audit-table.ts'
import { keyEnds } from './key-ends.ts'
import { DISABLED, FAILING, STATUSES } from './machine/machine-status.ts'
import { NO_VERSION } from './machine/machines.ts'

const DAY_MILLISECONDS = 86_400_000

/** A summary as the API shows it; without counts while a large fleet is counted for the first time. */
interface SummaryBody {
  countedAt?: string
  countedSoFar?: number
  machines?: number
  disabled?: number
  failing?: number
  byStatus?: Readonly<Record<string, number>>
  byCertificateEnd?: Readonly<Record<string, number>>
  byAgentVersion?: readonly { agentVersion: string; machines: number }[]
  refusals?: { kinds: readonly { action: string; code: string; refusals: number }[] }
  replicas?: readonly { hostName: string; seenAt: string }[]
}

/** The page. */
export const OVERVIEW: PageRoute = page('', async ({ api, query, time }) => {
  const { all, chosen } = await subscriptionFor(api, query.subscription)
  const since = daysBefore(time, 1)
  const [summary, failures, ends] = await Promise.all([
    chosen && readSummary(api, chosen.subscriptionId),
    readAudit(api, { outcome: 'refused', since: since.toISOString(), $top: LOOKED_AT }),
    keyEnds(api, time),
  ])
  // Who has one subscription needs no word about it.
  const subscription = all.length > 1 ? chosen?.subscriptionId : undefined
  const place: Place = { subscription, now: time }
  return {
    title: 'Overview',
    section: 'overview',
    body: html`${subscription && subscriptionForm(all, subscription)}
${summary ? livePart('fleet', summaryParts(summary, place)) : html`<p>Your account may not see all machines of a subscription. The page <a href="/portal/machines">Machines</a> has those of a resource group.</p>`}
${ends}
<h2>Refused in the last day</h2>
${refusedPart(summary?.refusals?.kinds ?? [], failures, time)}`,
  }
})

/** Of what the page tells, and when. */
interface Place {
  /** Undefined where there is only one. */
  subscription: string | undefined
  now: Date
}

/** So many of the newest refusals are put together by who was refused what. */
const LOOKED_AT = '200'

/** So many of these are shown. */
const ROWS_MAX = 10

type RefusalKind = NonNullable<SummaryBody['refusals']>['kinds'][number]

/** What was refused, by kinds where the account may see them, and the newest. */
function refusedPart(
  kinds: readonly RefusalKind[],
  failures: readonly AuditBody[] | undefined,
  now: Date,
): Html {
  if (kinds.length === 0 && failures?.length === 0) return html`<p>Nothing.</p>`
  return html`${kinds.length > 0 && refusalTable(kinds)}
${failures ? auditTable(refusedByCallers(failures).slice(0, ROWS_MAX), now) : html`<p>Your account may not read the audit trail.</p>`}
${failures && failures.length > 0 && html`<p><a href="${refused()}">All that was refused since then</a></p>`}`
}

/** The trail itself shows a day unless an address says otherwise: so this one stays the same. */
function refused(kind: { action?: string; code?: string } = {}): string {
  return link('/audit', { ...kind, outcome: 'refused' })
}

function subscriptionForm(all: readonly Subscription[], chosen: string): Html {
  const choices = choicesOf(all)
  return html`<form method="get" action="/portal" class="filter">
${field('Subscription', select('subscription', choices, chosen))}
<button>Show</button>
</form>`
}

/** Undefined for who may not read all machines of the subscription. */
function readSummary(api: PortalApi, subscriptionId: string): Promise<SummaryBody | undefined> {
  return api.get(`/landfast/v1/subscriptions/${subscriptionId}/fleet-summary`).catch(unlessForbidden)
}

function summaryParts(summary: SummaryBody, place: Place): Html {
  const { now } = place
  return html`${summary.byStatus ? counts(summary, place) : html`<p>The machines are being counted for the first time: ${summary.countedSoFar ?? 0} until now. Look again in a moment.</p>`}
${summary.replicas && summary.replicas.length > 0 && replicaTable(summary.replicas, now)}`
}

function counts(summary: SummaryBody, { subscription, now }: Place): Html {
  if (summary.machines === 0) {
    return html`<div class="empty"><p>There is no machine yet.</p><p><a class="button" href="/portal/join">Join a server</a></p></div>`
  }
  const countedAt = new Date(summary.countedAt ?? now)
  const listed = (query: Readonly<Record<string, string | undefined>>) =>
    link('/machines', { subscription, ...query })
  return html`<h2>Machines</h2>
<ul class="counts">${STATUSES.map(([status, label]) =>
    count(summary.byStatus?.[status] ?? 0, label, listed({ status })),
  )}</ul>
<p class="small"><a href="${listed({})}">${summary.machines} in all</a>, counted ${happened(summary.countedAt, now)}</p>
${disabledNotice(summary.disabled ?? 0, listed)}
${failingNotice(summary.failing ?? 0, listed)}
<h2>Certificates</h2>
${certificateEnds(summary.byCertificateEnd ?? {}, { countedAt, listed })}
<h2>Versions of the agent</h2>
${versionTable(summary.byAgentVersion ?? [], listed)}`
}

/** The list of the machines that are so. */
type Listed = (query: Readonly<Record<string, string | undefined>>) => string

/** They are counted by their status as well: without a word the figures above would not add up. */
function disabledNotice(disabled: number, listed: Listed): Html | false {
  return (
    disabled > 0 &&
    html`<p><a href="${listed({ status: DISABLED })}"><strong>${disabled}</strong> of them ${disabled === 1 ? 'is' : 'are'} disabled</a>, and ${disabled === 1 ? 'gets' : 'get'} no tokens</p>`
  )
}

/** What agents have raised themselves. */
function failingNotice(failing: number, listed: Listed): Html | false {
  const [many, verb] = failing === 1 ? ['machine', 'says'] : ['machines', 'say']
  return (
    failing > 0 &&
    html`<p><a href="${listed({ status: FAILING })}"><strong>${failing}</strong> ${many} ${verb} that a part of the agent fails</a></p>`
  )
}

function count(number: number, label: string, path: string): Html {
  return html`<li><a href="${path}"><strong>${number}</strong> ${label}</a></li>`
}

/** A machine renews its certificate 45 days before the end, so one that ends soon has something in its way. */
function certificateEnds(
  ends: Readonly<Record<string, number>>,
  { countedAt, listed }: { countedAt: Date; listed: Listed },
): Html {
  const { ended = 0, within7Days = 0, within30Days = 0 } = ends
  if (ended + within7Days + within30Days === 0)
    return html`<p>None has ended, and none ends within 30 days.</p>`
  // Bounds as those of the count: the end itself belongs to what is over.
  const bound = (days: number) => fieldTime(new Date(countedAt.getTime() + days * DAY_MILLISECONDS + 1))
  const figure = (count: number, from: number | undefined, before: number) => {
    const query = { endsFrom: from === undefined ? undefined : bound(from), endsBefore: bound(before) }
    return html`<a href="${listed(query)}">${count}</a>`
  }
  return html`<p>${figure(ended, undefined, 0)} ended, ${figure(within7Days, 0, 7)} end within 7 days, ${figure(within30Days, 7, 30)} more within 30 days. A
machine renews its own 45 days before the end, so look at <a href="${listed({ order: 'heartbeat' })}">those that are longest silent</a>.</p>`
}

function versionTable(versions: NonNullable<SummaryBody['byAgentVersion']>, listed: Listed): Html {
  return table({
    caption: 'Versions of the agent',
    head: ['Version', 'Machines'],
    rows: versions.map(({ agentVersion, machines }) => [
      shown(agentVersion || 'not said'),
      versionFigure(agentVersion, { machines, listed }),
    ]),
    empty: html`<p>No machine has said it yet.</p>`,
  })
}

/** What is no version may have been counted by its beginning alone, and so is not found. */
function versionFigure(
  agentVersion: string,
  { machines, listed }: { machines: number; listed: Listed },
): Html | string {
  if (agentVersion !== '' && !isVersion(agentVersion)) return String(machines)
  return html`<a href="${listed({ version: agentVersion || NO_VERSION })}">${machines}</a>`
}

function refusalTable(kinds: readonly RefusalKind[]): Html {
  return table({
    caption: 'Refusals by action and code',
    head: ['Action', 'Code', 'Times'],
    rows: kinds.map(({ action, code, refusals }) => [
      html`<a href="${refused({ action, code })}">${shown(action)}</a>`,
      html`<code>${shown(code)}</code>`,
      String(refusals),
    ]),
    empty: html`<p>Nothing.</p>`,
  })
}

function replicaTable(replicas: readonly { hostName: string; seenAt: string }[], now: Date): Html {
  return html`<h2>Replicas</h2>
${table({
  caption: 'Replicas',
  head: ['Host', 'Seen'],
  rows: replicas.map(({ hostName, seenAt }) => [shown(hostName), happened(seenAt, now)]),
  empty: html`<p>None.</p>`,
})}`
}
