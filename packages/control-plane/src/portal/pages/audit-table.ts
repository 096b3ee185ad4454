/**
 * Entries of the audit trail, as a list whose rows open.
 *
 * @module
 */

import { type Html, html } from '../html/html.ts'
import { exactlyHappened, facts, link } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { PortalApi } from '../inner/portal-api.ts'
import { nameIn, pathOfId } from '../inner/resource-paths.ts'
import { readCode } from './code-meaning.ts'

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

/** The list. It is made of elements that open without script. Without entries, `empty` says why, and where else to look. */
export function auditTable(
  entries: readonly AuditBody[],
  now: Date,
  { empty = html`<p>Nothing happened.</p>`, isOpen = false }: { empty?: Html; isOpen?: boolean } = {},
): Html {
  if (entries.length === 0) return html`<div class="empty">${empty}</div>`
  const items = entries.map(
    (entry) =>
      html`<li id="entry-${entry.id}"><details${isOpen && html` open`}>${summaryOf(entry, now)}${factsOf(entry)}</details></li>`,
  )
  return html`<ol class="trail">${items}</ol>`
}

function summaryOf(entry: AuditBody, now: Date): Html {
  const { action, outcome, code, count = 1 } = entry
  const { meaning } = readCode(code ?? '') ?? {}
  return html`<summary>
<span class="badge ${outcome === 'done' ? 'good' : 'bad'}">${outcome}</span>
<span class="what">${shown(action)}${count > 1 && html` × ${count}`}</span>
<span>${whoAndWhat(entry)}</span>
${code !== undefined && html`<span><code>${shown(code)}</code> ${meaning}</span> `}${exactlyHappened(entry.time, now)}
</summary>`
}

/** As "web-2 as backup for https://storage.azure.com": each with a word that says what it is, and none twice. */
function whoAndWhat(entry: AuditBody): readonly Html[] {
  const { action, clientName, clientId, principalName, principalId, resourceId, audience } = entry
  const [who, whose] = [clientName ?? clientId, principalName ?? principalId]
  const target = resourceId === undefined ? undefined : nameIn(resourceId)
  const isNamed = [who, whose].some((name) => name?.toLowerCase() === target?.toLowerCase())
  const parts: readonly (readonly [word: string, text: string | undefined])[] = [
    ['', who],
    [action === 'issue-token' ? 'as' : 'about', whose === who ? undefined : whose],
    ['for', audience],
    ['at', isNamed ? undefined : target],
  ]
  return parts.flatMap(([word, text]) => (text === undefined ? [] : [html`${word} ${shown(text)} `]))
}

function factsOf(entry: AuditBody): Html {
  const { code, clientName, clientId, principalName, principalId } = entry
  return facts([
    ['Time', html`${entry.time}`],
    ['The last one was at', entry.lastTime !== entry.time ? shown(entry.lastTime) : undefined],
    ['Who asked', principal(clientName, clientId)],
    ['Whose identity', principal(principalName, principalId)],
    ['Resource', resource(entry.resourceId)],
    ['Audience', shown(entry.audience)],
    ['Code', html`${shown(code)} ${readCode(code ?? '')?.meaning}`],
    ['Host', shown(entry.origin)],
    ['Token ids begin with', shown(entry.tokenIds)],
    ['Refusals like it that were not written down', entry.suppressed ? shown(entry.suppressed) : undefined],
    ['Id of the entry (trace id)', idLink('id', entry.id)],
    ['Correlation id', idLink('correlationId', entry.correlationId)],
  ])
}

/** By its id, to its page, or to what the trail has of it if it was deleted. Who never was here has no name. */
function principal(name: string | undefined, id: string | undefined): Html {
  if (name === undefined || id === undefined) return html`${shown(name ?? id)}`
  return html`<a href="${link('/find', { q: id })}">${shown(name)}</a> ${shown(id)}`
}

/** What has a page at its ARM id. */
const WITH_PAGE =
  /\/providers\/(Microsoft\.HybridCompute\/machines|Microsoft\.ManagedIdentity\/userAssignedIdentities)\/[^/]+$/i

function resource(id: string | undefined): Html {
  if (id === undefined || !WITH_PAGE.test(id)) return html`${shown(id)}`
  return html`<a href="${link(pathOfId(id))}">${shown(id)}</a>`
}

/** To what has the same id. */
function idLink(name: 'id' | 'correlationId', id: string): Html {
  return html`<a href="${link('/audit', { [name]: id })}">${shown(id)}</a>`
}
