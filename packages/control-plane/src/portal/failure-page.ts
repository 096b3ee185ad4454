/**
 * What is shown of a request that was refused: what was wrong, that nothing was changed, and what to do next.
 *
 * @module
 */

import { type Html, html } from './html/html.ts'
import { plain, shown } from './html/shown-text.ts'
import { ApiRefusal } from './inner/api-refusal.ts'
import type { ShownPage } from './page.ts'
import type { PortalError } from './portal-error.ts'

/** Fields of forms that nobody typed. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...['formToken', 'etag', 'back'],
  ...['secret', 'clientId', 'assertion', 'code', 'leaving'],
])

/** The page about `refusal` of a request with the form `sent`. */
export function failurePage(
  refusal: ApiRefusal | PortalError,
  { sent, requestId }: { sent: Readonly<Record<string, string>>; requestId: string },
): ShownPage {
  const advice = refusal instanceof ApiRefusal ? adviceOn(refusal) : undefined
  return {
    title: advice?.title ?? 'This was not done',
    status: refusal.status,
    body: html`<div class="notice bad" role="alert">
<p>${advice?.text ?? shown(refusal.message)}</p>
${advice && html`<p>${shown(refusal.message)}</p>`}
</div>
${typedFields(sent)}
<p>${backLink(sent.back)}</p>
<p class="small">Code <code>${refusal.code}</code>, request <code>${requestId}</code></p>`,
  }
}

function adviceOn({ status }: ApiRefusal): { title: string; text: string } | undefined {
  if (status === 412)
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
  if (status === 503)
    return { title: 'Not now', text: 'The database does not answer. Try again in a moment.' }
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
