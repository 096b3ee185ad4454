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
  detail?: string
}

/** What a row shows: an entry, or the newest of several with where all of them are. */
interface ShownEntry extends AuditBody {
  alike?: string
}

/**
 * One row for all refusals of one caller with one action and code, with the newest first as in `entries`: so one that asks again and
 * again pushes no other out. Callers that nothing here knows may call themselves what they like, so they share one.
 */
export function refusedByCallers(entries: readonly AuditBody[]): readonly ShownEntry[] {
  const known = ({ clientId, clientName }: AuditBody) => (clientName === undefined ? undefined : clientId)
  const kinds = Map.groupBy(entries, (entry) => [entry.action, entry.code, known(entry)].join(' '))
  return Array.from(kinds.values(), (alike) => {
    const [newest] = alike as [AuditBody, ...AuditBody[]]
    if (alike.length === 1) return newest
    const count = alike.reduce((sum, one) => sum + (one.count ?? 1) + (one.suppressed ?? 0), 0)
    const { action, code } = newest
    return {
      ...newest,
      count,
      alike: link('/audit', { action, code, caller: known(newest), outcome: 'refused' }),
    }
  })
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
  entries: readonly ShownEntry[],
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
  const { action, outcome, code, count = 1, time, lastTime = time } = entry
  const isLasting = outcome === 'refused' && count > 1
  const { meaning } = readCode(code ?? '') ?? {}
  return html`<summary>
<span class="badge ${outcome === 'done' ? 'good' : 'bad'}">${outcome}</span>
<span class="what">${shown(action)}${count > 1 && html` × ${count}`}</span>
<span>${whoAndWhat(entry)}</span>
${code !== undefined && html`<span><code>${shown(code)}</code> ${meaning}</span> `}${isLasting && 'last at '}${exactlyHappened(isLasting ? lastTime : time, now)}
</summary>`
}

/** As "web-2 as backup for https://storage.azure.com": each with a word that says what it is, and none twice. */
function whoAndWhat(entry: AuditBody): readonly Html[] {
  const { action, clientName, clientId, principalName, principalId, resourceId, audience, detail } = entry
  const [who, whose] = [clientName ?? clientId, principalName ?? principalId]
  const target = resourceId === undefined ? undefined : nameIn(resourceId)
  const isNamed = [who, whose].some((name) => name?.toLowerCase() === target?.toLowerCase())
  const parts: readonly (readonly [word: string, text: string | undefined])[] = [
    ['', who],
    [action === 'issue-token' ? 'as' : 'about', whose === who ? undefined : whose],
    ['for', audience],
    ['at', isNamed || detail !== undefined ? undefined : target],
  ]
  return [
    ...parts.flatMap(([word, text]) => (text === undefined ? [] : [html`${word} ${shown(text)} `])),
    ...(detail === undefined ? [] : [html`(${shown(detail)}) `]),
  ]
}

function factsOf(entry: ShownEntry): Html {
  const { code, clientName, clientId, principalName, principalId } = entry
  return facts([
    ['Time', html`${entry.time}`],
    ['The last one was at', entry.lastTime !== entry.time ? shown(entry.lastTime) : undefined],
    ['Who asked', principal(clientName, clientId)],
    ['Whose identity', principal(principalName, principalId)],
    ['Resource', resource(entry.resourceId)],
    ['What exactly', entry.detail && detailOf(entry.detail)],
    ['Audience', entry.audience && audienceOf(entry.audience)],
    ['Code', html`${shown(code)} ${readCode(code ?? '')?.meaning}`],
    ['Host', shown(entry.origin)],
    ['Token ids begin with', shown(entry.tokenIds)],
    ['Refusals like it that were not written down', entry.suppressed ? shown(entry.suppressed) : undefined],
    ...(entry.alike
      ? [['All like it', html`<a href="${entry.alike}">the entries of one day</a>`] as const]
      : []),
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

/** With the way to all that was asked for the same. */
function audienceOf(audience: string): Html {
  return html`${shown(audience)} <a href="${link('/audit', { audience })}">all of this audience</a>`
}

/** The join token and its maker are found by their ids, also by what the trail has of them if they are gone. */
function detailOf(detail: string): Html {
  const [, before = '', token, made = '', maker] = BY_JOIN_TOKEN.exec(detail) ?? []
  if (token === undefined || maker === undefined) return html`${shown(detail)}`
  const found = (id: string) => html`<a href="${link('/find', { q: id })}">${shown(id)}</a>`
  return html`${before}${found(token)}${shown(made)}${found(maker)}`
}

const BY_JOIN_TOKEN = /^(by the join token )([\da-f-]{36})(, made by .*)([\da-f-]{36})$/su

/** To what has the same id. */
function idLink(name: 'id' | 'correlationId', id: string): Html {
  return html`<a href="${link('/audit', { [name]: id })}">${shown(id)}</a>`
}
