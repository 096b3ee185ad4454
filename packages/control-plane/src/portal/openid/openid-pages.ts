/**
 * The pages at the end of a sign-in at the provider.
 *
 * @module
 */

import type { Person } from '../../admission/portal-people.ts'
import { html } from '../html/html.ts'
import { facts } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import type { ShownPage } from '../page.ts'
import { PortalError, type PortalErrorCode } from '../portal-error.ts'

/** What is known of somebody who does not come in. */
export interface Stranger {
  person: Person
  /** Why no group of it is known. */
  whyNoGroups?: string | undefined
}

/**
 * Where a person comes first from the provider. The cookie of the session is for this site alone, so a browser would not send it
 * with a redirect that another site began: the person goes on from this page of our own.
 */
export function arrivedPage(back: string): ShownPage {
  return {
    title: 'You are signed in',
    goOn: back,
    body: html`<p><a href="${back}">Go on to the portal</a></p>`,
  }
}

/** Why somebody does not come in. */
export function failedPage(
  code: PortalErrorCode,
  { requestId, signIn, word, stranger }: FailedSignIn,
): ShownPage {
  const { message, status } = new PortalError(code)
  return {
    title: 'You are not signed in',
    status,
    body: html`<div class="notice bad" role="alert"><p>${message}</p></div>
${stranger && whoItIs(stranger)}
<p><a href="${signIn}">Sign in again</a></p>
<p class="small">Code <code>${code}</code>${word !== undefined && html`, <code>${shown(word)}</code> of the provider`}, request <code>${requestId}</code></p>`,
  }
}

/** What a page says of one. */
export interface FailedSignIn {
  requestId: string
  /** Where to sign in again. */
  signIn: string
  /** What the provider calls it. */
  word?: string | undefined
  stranger?: Stranger | undefined
}

function whoItIs({ person, whyNoGroups }: Stranger) {
  const { issuer, subject, displayName, groups } = person
  return html`<p>The provider says this about you. The person who gives you a role needs the subject, or one of your groups.</p>
${facts([
  ['Name', shown(displayName)],
  ['Subject', shown(subject)],
  ['Groups', whyNoGroups === undefined ? shown(groups.length) : html`${whyNoGroups}`],
  ['Provider', shown(issuer)],
])}`
}
