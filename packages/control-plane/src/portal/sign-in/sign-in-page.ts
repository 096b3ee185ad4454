/**
 * The page by which a person signs in with a credential of an application.
 *
 * @module
 */

import { type Html, html } from '../html/html.ts'
import { commandLine } from '../html/parts.ts'
import { plain } from '../html/shown-text.ts'
import type { PageAnswer } from '../page.ts'
import type { PortalError } from '../portal-error.ts'

/** The way to the provider of the company. */
export interface ProviderLink {
  host: string
  href: string
}

/** What the page is made of. */
export interface SignInForms {
  /** Where to go on. */
  back: string
  clientId?: string
  refusal?: PortalError
  provider?: ProviderLink | undefined
  /** The URL of the control plane. */
  origin: string
  /** What an assertion is made for. */
  tokenEndpoint: string
  time: Date
}

/** The way to the provider, if there is one, and the forms for an application’s secret and its certificate, which needs script. */
export function signInPage(forms: SignInForms): PageAnswer {
  const { refusal, provider } = forms
  return {
    title: 'Sign in',
    script: 'sign-in.js',
    ...(refusal && { status: refusal.status }),
    body: html`${refusal && alert(refusal)}
${provider && providerButton(provider)}
${secretForm(forms)}
<p>The client id and the secret are those of an application, such as the administrator’s in
<code>administrator.json</code>.</p>
<p>Where <code>landfast login</code> has been run, no secret is needed: <code>landfast portal</code> opens this portal.</p>
<h2>With a certificate</h2>
${certificateForm(forms)}
<p>Without script, run this. <code>--ca-file</code> names the CA of this control plane; leave it out where your computer knows that.</p>
${commandLine(loginLine(forms), 'the command')}`,
  }
}

/** The whole of it: there may have been no login before. */
function loginLine({ origin }: SignInForms): string {
  return `landfast login --url ${origin} --ca-file ca.pem --service-principal-id ID --service-principal-cert FILE && landfast portal`
}

function providerButton({ host, href }: ProviderLink): Html {
  return html`<p class="sign-in"><a class="button" href="${href}">Sign in with ${plain(host)}</a></p>
<h2>With the secret of an application</h2>`
}

function secretForm({ back, clientId = '' }: SignInForms): Html {
  return html`<form class="sign-in" method="post" action="/portal/sign-in">
<input type="hidden" name="back" value="${back}">
<label>Client id <input name="clientId" required autocomplete="username" spellcheck="false" value="${clientId}"></label>
<label>Secret <input name="secret" type="password" required autocomplete="current-password"></label>
<button class="main">Sign in</button>
</form>`
}

/** The script shows it, and fills in the assertion. */
function certificateForm({ back, clientId = '', tokenEndpoint, time }: SignInForms): Html {
  return html`<form class="sign-in" method="post" action="/portal/sign-in/certificate" data-audience="${tokenEndpoint}" data-time="${time.getTime()}" hidden>
<input type="hidden" name="back" value="${back}"><input type="hidden" name="assertion">
<label>Client id of the certificate <input name="clientId" required autocomplete="username" spellcheck="false" value="${clientId}"></label>
<label>Certificate and private key (PEM) <input type="file" accept=".pem,.crt,.cer,.key" required></label>
<p class="small">The key does not leave this browser: it signs a proof here, and only that is sent.</p>
<p class="bad" role="alert" hidden></p>
<button class="main">Sign in with the certificate</button>
</form>`
}

function alert({ code, message }: PortalError): Html {
  return html`<div class="notice bad" role="alert"><p>${message}</p><p class="small">Code <code>${code}</code></p></div>`
}
