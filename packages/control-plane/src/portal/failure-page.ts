/**
 * What is shown of a request that was refused: what was wrong, whether anything was changed, and what to do next.
 *
 * @module
 */

import { type Html, html } from './html/html.ts'
import { link } from './html/parts.ts'
import { shownWhole } from './html/shown-text.ts'
import { whoMayDo } from './inner/allowed.ts'
import { ApiRefusal } from './inner/api-refusal.ts'
import { LostChange } from './inner/lost-change.ts'
import { MissingThing } from './inner/missing-thing.ts'
import type { ShownPage } from './page.ts'
import { PortalError } from './portal-error.ts'
import { sentFields } from './sent-fields.ts'
import { returnPath } from './session/return-path.ts'
import { signInAt } from './sign-in/session-start.ts'

const LOOK_FIRST = 'The change may have been made or not: look at it before you make it again.'

/** What was asked. */
export interface RefusedRequest {
  /** GET looks, POST changes. */
  method: string
  /** Where, with the query. */
  url: string
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
export function failurePage(refusal: ApiRefusal | PortalError, request: RefusedRequest): ShownPage {
  const { method, sent, requestId } = request
  const { title, sentences } = adviceOn(refusal, method)
  return {
    title,
    status: refusal.status,
    body: html`<div class="notice bad" role="alert">
${sentences.map((sentence) => html`<p>${shownWhole(sentence)}</p>`)}
</div>
${furtherOn(refusal)}
${sentFields(sent)}
<p>${nextLinks(refusal, request)}</p>
<p class="small">Code <code>${refusal.code}</code>, request ${isOnRecord(refusal, method) ? requestLink(requestId) : html`<code>${requestId}</code>`}</p>`,
  }
}

function furtherOn(refusal: ApiRefusal | PortalError): Html | false {
  if (refusal instanceof MissingThing) return refusal.words.further
  return refusal instanceof LostChange && refusal.present
}

/** What stands above a form that is shown again: the field says more. */
export function faultNotice({ code, message }: PortalError): Html {
  return html`<div class="notice bad" role="alert"><p>${message} The field says what is wrong.</p>
<p class="small">Code <code>${code}</code></p></div>`
}

/** A missing right, here or as Graph calls it. */
const MISSING_RIGHT: ReadonlySet<string> = new Set(['AuthorizationFailed', 'Authorization_RequestDenied'])

/** Whether the trail can have something of the request: that a right was missing, or what was changed before a failure. */
function isOnRecord({ code, status }: ApiRefusal | PortalError, method: string): boolean {
  return MISSING_RIGHT.has(code) || (method !== 'GET' && status >= 500)
}

/** To what the audit trail has of the request: what the routes behind the portal wrote has its id. */
function requestLink(correlationId: string): Html {
  return html`<a href="${link('/audit', { correlationId })}"><code>${correlationId}</code></a>`
}

function adviceOn(refusal: ApiRefusal | PortalError, method: string): Advice {
  if (isDatabaseAway(refusal)) return notNow(method)
  if (refusal instanceof MissingThing)
    return { title: refusal.words.title, sentences: [refusal.words.sentence] }
  const advice = refusal instanceof ApiRefusal ? adviceOnStatus(refusal) : undefined
  if (!advice) {
    return {
      title: method === 'GET' ? 'This cannot be shown' : 'This was not done',
      sentences: [forPeople(refusal.message)],
    }
  }
  return { title: advice.title, sentences: [advice.text, forPeople(refusal.message)] }
}

/** Azure's words for programs, which lead to a page of Azure. */
const NOT_FOUND = /^The Resource '(?:.*\/)?([^'/]+)' under resource group '([^']*)' was not found\..*$/

function forPeople(message: string): string {
  return message.replace(
    NOT_FOUND,
    'There is no “$1” in the resource group “$2”. If there was one, it was deleted.',
  )
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
      text: `Your account has no role that allows it here.${allowedByRefusal(refusal)} An Owner can give you one, on the page “Roles”.`,
    }
  if (status === 429) return { title: 'Too many requests', text: 'Wait a minute, and try again.' }
  return undefined
}

/** Where to go from here: what was looked at may not be there at all, or only what was asked of it is wrong. */
function nextLinks(refusal: ApiRefusal | PortalError, { method, url, sent: { back } }: RefusedRequest): Html {
  if (method === 'GET') return wayOn(url)
  const path = returnPath(back)
  const signIn = html`<a class="button" href="${signInAt(path)}">Sign in</a> `
  return html`${refusal.code === 'form_expired' && signIn}<a href="${path}">Look at it as it is now</a>`
}

/** The message of Azure names the action. */
function allowedByRefusal({ message }: ApiRefusal): string {
  const [, action] = /perform action '([^']+)'/.exec(message) ?? []
  return action === undefined ? '' : ` ${whoMayDo(action)}`
}

function wayOn(url: string): Html {
  const [path = ''] = url.split('?', 1)
  const isAsked = path !== url && returnPath(path) === path
  return html`${isAsked && html`<a href="${path}">Open the page without what was looked for</a>, or go `}<a href="/portal">${isAsked ? 'to' : 'To'} the overview</a>`
}
