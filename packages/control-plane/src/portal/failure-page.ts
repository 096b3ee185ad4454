/**
 * What is shown of a request that was refused: what was wrong, whether anything was changed, and what to do next.
 *
 * @module
 */

import { type Html, html } from './html/html.ts'
import { link } from './html/parts.ts'
import { plain, shown } from './html/shown-text.ts'
import { ApiRefusal } from './inner/api-refusal.ts'
import { LostChange } from './inner/lost-change.ts'
import type { ShownPage } from './page.ts'
import { PortalError } from './portal-error.ts'

/** Fields of forms that nobody typed. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...['formToken', 'etag', 'back'],
  ...['secret', 'assertion', 'code', 'leaving'],
])

const LOOK_FIRST = 'The change may have been made or not: look at it before you make it again.'

/** What was asked. */
export interface RefusedRequest {
  /** GET looks, POST changes. */
  method: string
  /** The form. */
  sent: Readonly<Record<string, string>>
  requestId: string
}

/** What a page says of a refusal. */
interface Advice {
  title: string
  sentences: readonly string[]
}

/** The page about `refusal` of a request. */
export function failurePage(
  refusal: ApiRefusal | PortalError,
  { method, sent, requestId }: RefusedRequest,
): ShownPage {
  const { title, sentences } = adviceOn(refusal, method)
  return {
    title,
    status: refusal.status,
    body: html`<div class="notice bad" role="alert">
${sentences.map((sentence) => html`<p>${shown(sentence)}</p>`)}
</div>
${refusal instanceof LostChange && refusal.present}
${typedFields(sent)}
<p>${backLink(sent.back)}</p>
<p class="small">Code <code>${refusal.code}</code>, request ${requestLink(requestId)}</p>`,
  }
}

/** To what the audit trail has of the request: what the routes behind the portal wrote has its id. */
function requestLink(correlationId: string): Html {
  return html`<a href="${link('/audit', { correlationId })}"><code>${correlationId}</code></a>`
}

function adviceOn(refusal: ApiRefusal | PortalError, method: string): Advice {
  if (isDatabaseAway(refusal)) return notNow(method)
  const advice = refusal instanceof ApiRefusal ? adviceOnStatus(refusal) : undefined
  if (!advice) return { title: 'This was not done', sentences: [refusal.message] }
  return { title: advice.title, sentences: [advice.text, refusal.message] }
}

/** The same whether the portal found it out itself or a route behind it did. */
function isDatabaseAway(refusal: ApiRefusal | PortalError): boolean {
  return refusal instanceof ApiRefusal ? refusal.status === 503 : refusal.code === 'unavailable'
}

/** A database that is lost while it commits may have kept the change or not. */
function notNow(method: string): Advice {
  const { message } = new PortalError('unavailable')
  return { title: 'Not now', sentences: method === 'GET' ? [message] : [message, LOOK_FIRST] }
}

function adviceOnStatus(refusal: ApiRefusal): { title: string; text: string } | undefined {
  const { status } = refusal
  if (refusal instanceof LostChange || status === 412)
    return {
      title: 'Somebody else was faster',
      text: 'This was changed after you had opened the page. Nothing of yours was written. Look at it as it is now, and do it again if it is still right.',
    }
  if (status === 403)
    return {
      title: 'You may not do this',
      text: 'Your account has no role that allows it. An Owner can give you one, on the page "Roles".',
    }
  if (status === 429) return { title: 'Too many requests', text: 'Wait a minute, and try again.' }
  return undefined
}

/** So that a text which was typed is not lost. */
function typedFields(sent: Readonly<Record<string, string>>): Html | false {
  const typed = Object.entries(sent).filter(([name, value]) => !OWN_FIELDS.has(name) && value !== '')
  return (
    typed.length > 0 &&
    html`<h2>What you sent</h2><dl>${typed.map(([name, value]) => html`<dt>${shown(name)}</dt><dd>${typedText(name, value)}</dd>`)}</dl>`
  )
}

/** A text of several lines is there to be copied: whole. */
function typedText(name: string, value: string): Html | string {
  if (!value.includes('\n')) return shown(value)
  return html`<textarea readonly rows="8" aria-label="${plain(name)}" spellcheck="false">${value}</textarea>`
}

function backLink(back: string | undefined): Html {
  const path = back !== undefined && /^\/portal(\/[^/\\]|$)/.test(back) ? back : '/portal'
  return html`<a href="${path}">Look at it as it is now</a>`
}
