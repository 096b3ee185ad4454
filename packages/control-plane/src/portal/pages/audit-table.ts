/**
 * Entries of the audit trail, as a list whose rows open.
 *
 * @module
 */

import { meaningsOf } from '../../authority/authority-error.ts'
import { type Html, html } from '../html/html.ts'
import { exactlyHappened, facts, link } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { PortalApi } from '../inner/portal-api.ts'

/** An entry as the API shows it. */
export interface AuditBody {
  id: string
  time: string
  action: string
  outcome: 'done' | 'refused'
  code?: string
  clientId?: string
  clientName?: string
  principalId?: string
  principalName?: string
  resourceId?: string
  audience?: string
  correlationId: string
  suppressed?: number
  count?: number
  lastTime?: string
  tokenIds?: string
  origin?: string
}

/** The newest entries that `search` finds; undefined if the visitor may not read them. */
export async function readAudit(
  api: PortalApi,
  search: Readonly<Record<string, string>>,
): Promise<AuditBody[] | undefined> {
  const path = `/landfast/v1/audit?${new URLSearchParams({ $orderby: 'time desc', ...search })}`
  return (await api.page(path).catch(unlessForbidden))?.value
}

/** The list. It is made of elements that open without script. Without entries, `empty` says where else to look. */
export function auditTable(entries: readonly AuditBody[], now: Date, empty: Html | false = false): Html {
  if (entries.length === 0) return html`<div class="empty"><p>Nothing happened.</p>${empty}</div>`
  return html`<ol class="trail">${entries.map((entry) => html`<li>${entryOf(entry, now)}</li>`)}</ol>`
}

function entryOf(entry: AuditBody, now: Date): Html {
  const { action, outcome, code, clientName, clientId, principalName, principalId, count = 1 } = entry
  return html`<details><summary>
<span class="badge ${outcome === 'done' ? 'good' : 'bad'}">${outcome}</span>
<span class="what">${shown(action)}${count > 1 && html` × ${count}`}</span>
<span>${shown(clientName ?? clientId)}</span>
<span>${(principalName ?? principalId) !== (clientName ?? clientId) && shown(principalName ?? principalId)}</span>
${exactlyHappened(entry.time, now)}${code !== undefined && html` <code>${shown(code)}</code>`}
</summary>
${facts([
  ['Time', html`${entry.time}`],
  ['Until', entry.lastTime !== entry.time ? shown(entry.lastTime) : undefined],
  ['Who asked', html`${shown(clientName)} ${shown(clientId)}`],
  ['Whose identity', html`${shown(principalName)} ${shown(principalId)}`],
  ['Resource', shown(entry.resourceId)],
  ['Audience', shown(entry.audience)],
  ['Code', html`${shown(code)} ${meaningsOf(code ?? '').join('; or ')}`],
  ['Host', shown(entry.origin)],
  ['Token ids begin with', shown(entry.tokenIds)],
  ['Left out before', entry.suppressed ? shown(entry.suppressed) : undefined],
  ['Id of the entry (trace id)', idLink('id', entry.id)],
  ['Correlation id', idLink('correlationId', entry.correlationId)],
])}</details>`
}

/** To what has the same id. */
function idLink(name: 'id' | 'correlationId', id: string): Html {
  return html`<a href="${link('/audit', { [name]: id })}">${shown(id)}</a>`
}
