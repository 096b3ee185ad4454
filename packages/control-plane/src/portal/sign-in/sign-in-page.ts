/**
 * The pages by which a person signs in.
 *
 * @module
 */

import { type Html, html } from '../html/html.ts'
import type { PageAnswer } from '../page.ts'
import type { PortalError } from '../portal-error.ts'

/** The form for an application's secret. */
export function signInPage({
  back,
  clientId = '',
  refusal,
}: {
  /** Where to go on. */
  back: string
  clientId?: string
  refusal?: PortalError
}): PageAnswer {
  return {
    title: 'Sign in',
    ...(refusal && { status: refusal.status }),
    body: html`${refusal && alert(refusal)}
<form class="sign-in" method="post" action="/portal/sign-in">
<input type="hidden" name="back" value="${back}">
<label>Client id <input name="clientId" required autocomplete="username" spellcheck="false" value="${clientId}"></label>
<label>Secret <input name="secret" type="password" required autocomplete="current-password"></label>
<button class="main">Sign in</button>
</form>
<p>The client id and the secret are those of an application, such as the administrator’s in
<code>administrator.json</code>.</p>
<p>Where <code>landfast login</code> has been run, no secret is needed: <code>landfast portal</code> opens this portal.</p>`,
  }
}

function alert({ code, message }: PortalError): Html {
  return html`<div class="notice bad" role="alert"><p>${message}</p><p class="small">Code <code>${code}</code></p></div>`
}
