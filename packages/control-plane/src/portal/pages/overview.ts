/**
 * The first page: how the fleet is, what ends soon, what was refused.
 *
 * @module
 */

import { type Html, html } from '../html/html.ts'
import { happened, link, livePart, table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { PortalApi } from '../inner/portal-api.ts'
import { subscriptionFor } from '../inner/resource-paths.ts'
import { type PageRoute, page } from '../page.ts'
import { auditTable, readAudit } from './audit-table.ts'
import { STATUSES } from './machine-status.ts'

const DAY_MILLISECONDS = 86_400_000

/** A summary as the API shows it; without counts while a large fleet is counted for the first time. */
interface SummaryBody {
  countedAt?: string
  countedSoFar?: number
  machines?: number
  disabled?: number
  byStatus?: Readonly<Record<string, number>>
  byCertificateEnd?: Readonly<Record<string, number>>
  byAgentVersion?: readonly { agentVersion: string; machines: number }[]
  refusals?: { kinds: readonly { action: string; code: string; refusals: number }[] }
  replicas?: readonly { hostName: string; seenAt: string }[]
}

/** The page. */
export const OVERVIEW: PageRoute = page('', async ({ api, query, time }) => {
  const { chosen } = await subscriptionFor(api, query.subscription)
  const since = new Date(time.getTime() - DAY_MILLISECONDS).toISOString()
  const [summary, failures] = await Promise.all([
    chosen && readSummary(api, chosen.subscriptionId),
    readAudit(api, { outcome: 'refused', since, $top: '10' }),
  ])
  return {
    title: 'Overview',
    section: 'overview',
    body: html`${summary ? livePart('fleet', summaryParts(summary, time)) : html`<p>Your account may not see all machines of a subscription. The page <a href="/portal/machines">Machines</a> has those of a resource group.</p>`}
<h2>Refused in the last day</h2>
${summary?.refusals && refusalTable(summary.refusals.kinds)}
${failures ? auditTable(failures, time) : html`<p>Your account may not read the audit trail.</p>`}`,
  }
})

/** Undefined for who may not read all machines of the subscription. */
function readSummary(api: PortalApi, subscriptionId: string): Promise<SummaryBody | undefined> {
  return api.get(`/landfast/v1/subscriptions/${subscriptionId}/fleet-summary`).catch(unlessForbidden)
}

function summaryParts(summary: SummaryBody, now: Date): Html {
  return html`${summary.byStatus ? counts(summary, now) : html`<p>The machines are being counted for the first time: ${summary.countedSoFar ?? 0} until now. Look again in a moment.</p>`}
${summary.replicas && summary.replicas.length > 0 && replicaTable(summary.replicas, now)}`
}

function counts(summary: SummaryBody, now: Date): Html {
  if (summary.machines === 0) {
    return html`<div class="empty"><p>There is no machine yet.</p><p><a class="button" href="/portal/join">Join a server</a></p></div>`
  }
  const byStatus = { ...summary.byStatus, Disabled: summary.disabled ?? 0 } as Record<string, number>
  return html`<h2>Machines</h2>
<ul class="counts">${STATUSES.map(([status, label]) =>
    count(byStatus[status] ?? 0, label, link('/machines', { status })),
  )}</ul>
<p class="small">${summary.machines} in all, counted ${happened(summary.countedAt, now)}</p>
<h2>Certificates</h2>
${certificateEnds(summary.byCertificateEnd ?? {})}
<h2>Versions of the agent</h2>
${versionTable(summary.byAgentVersion ?? [])}`
}

function count(number: number, label: string, path: string): Html {
  return html`<li><a href="${path}"><strong>${number}</strong> ${label}</a></li>`
}

/** A machine renews its certificate 45 days before the end, so one that ends soon has something in its way. */
function certificateEnds(ends: Readonly<Record<string, number>>): Html {
  const { ended = 0, within7Days = 0, within30Days = 0 } = ends
  if (ended + within7Days + within30Days === 0)
    return html`<p>None has ended, and none ends within 30 days.</p>`
  return html`<p>${ended} ended, ${within7Days} end within 7 days, ${within30Days} within 30 days. A machine renews its own 45 days before
the end, so look at <a href="${link('/machines', { order: 'heartbeat' })}">those that are longest silent</a>.</p>`
}

function versionTable(versions: NonNullable<SummaryBody['byAgentVersion']>): Html {
  return table({
    caption: 'Versions of the agent',
    head: ['Version', 'Machines'],
    rows: versions.map(({ agentVersion, machines }) => [shown(agentVersion || 'not said'), String(machines)]),
    empty: html`<p>No machine has said it yet.</p>`,
  })
}

function refusalTable(kinds: readonly { action: string; code: string; refusals: number }[]): Html {
  return table({
    caption: 'Refusals by action and code',
    head: ['Action', 'Code', 'Times'],
    rows: kinds.map(({ action, code, refusals }) => [
      html`<a href="${link('/audit', { action, outcome: 'refused' })}">${shown(action)}</a>`,
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
