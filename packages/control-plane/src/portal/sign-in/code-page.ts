/**
 * The page that asks whether the account of a link is the one that was meant.
 *
 * @module
 */

import type { PortalCode } from '../../admission/portal-codes.ts'
import type { PortalSession } from '../../admission/portal-sessions.ts'
import { html } from '../html/html.ts'
import { plain, shown } from '../html/shown-text.ts'
import type { PageAnswer } from '../page.ts'

/** What it is about. */
interface Question extends PortalCode {
  code: string
  /** Where to go on. */
  back: string
  /** Whether the account is signed in already. */
  isSame: boolean
  /** Another account that is. */
  other: PortalSession | undefined
}

/** The page. */
export function codePage(question: Question): PageAnswer {
  const { code, back, clientId, displayName, sessionEndsAt, isSame, other } = question
  return {
    title: 'Sign in',
    body: html`${
      other &&
      html`<div class="notice bad" role="alert"><p>In this browser <strong>${shown(other.displayName)}</strong> (client id <code>${other.clientId}</code>) is signed in. If you
go on, that account is signed out here. <a href="${back}">Stay as it is</a></p></div>`
    }
<form class="sign-in" method="post" action="/portal/sign-in/code">
<input type="hidden" name="code" value="${code}"><input type="hidden" name="back" value="${back}"><input type="hidden" name="leaving" value="${other?.principalId}">
<p>This link signs you in as <strong>${shown(displayName)}</strong>, client id <code>${clientId}</code>${isSame && ', which you are already'}.</p>
<p>Go on only if you have just run <code>landfast portal</code> yourself. With a link that another person made you would work in that
person’s account, and that person would see what you do there.</p>
<button class="main">Sign in as ${plain(displayName)}</button>
</form>
<p class="small">The link is good once, for a minute. The session ends at ${sessionEndsAt.toISOString().slice(11, 16)} UTC at the latest,
with the access token that asked for the link.</p>`,
  }
}
