/**
 * The keys that sign tokens, and making a new one; and the certificates by which clients know the control plane.
 *
 * @module
 */

import { FormFault } from '../form-fault.ts'
import { notice } from '../html/done.ts'
import { type Html, html } from '../html/html.ts'
import { actionForm, copyable, dueWhen, field, link, select, table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { fieldsOf } from '../html/typed-form.ts'
import { ifAllowed } from '../inner/allowed.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import { action, type PageRequest, type PageRoute, page } from '../page.ts'

/** Where the signing keys are at the API. */
export const KEYS = '/landfast/v1/signing-keys'

/** Where the certificates are. */
export const CERTIFICATES = '/landfast/v1/certificates'

const URGENCIES = [
  ['planned', 'Planned: it signs in a day, when every verifier has it'],
  ['immediate', 'Immediate: it signs now'],
  ['compromised', 'Compromised: it signs now, and every token until now is worthless'],
] as const

/** The page and its action. */
export const KEYS_PAGES: readonly PageRoute[] = [
  page('/keys', async (request) => {
    const { api, query, time, rights } = request
    const [keys, certificates] = await Promise.all([
      api.all(KEYS),
      api.all(CERTIFICATES).catch(unlessForbidden),
    ])
    return {
      title: 'Keys',
      section: 'keys',
      body: html`${notice({ made: ({ what }) => html`The new key ${shown(what)} is made.` }, query)}
<h2>Keys that sign tokens</h2>
${table({
  caption: 'Signing keys',
  head: ['Key (kid)', 'Signs', 'Signs from', 'Published until'],
  rows: keys.map(({ kid, signs, signsFrom, publishedUntil }) => [
    html`<code>${shown(kid)}</code>`,
    html`<span class="badge ${signs ? 'good' : 'off'}">${signs ? 'now' : 'not now'}</span>`,
    dueWhen(signsFrom, time),
    dueWhen(publishedUntil, time),
  ]),
  empty: html`<p>There is none.</p>`,
})}
<h2>Make a new key</h2>
<p>Keys change by themselves. Make one yourself if a key may be known to somebody, or to see that verifiers follow.</p>
${ifAllowed(rights, ['rotateKeys', '/'], rotateForm(request))}
<h2>Certificates</h2>
${certificates ? certificateTable(certificates, time) : html`<p>Your account may not see the certificates.</p>`}`,
    }
  }),
  action('/keys/rotate', async ({ api, form }) => {
    const { urgency = 'planned', name } = form
    if (urgency === 'compromised') checkWord(name?.trim() ?? '', urgency)
    const { kid: what } = await api.send('POST', `${KEYS}/rotate`, { body: { urgency } })
    return { redirect: link('/keys', { done: 'made', what }) }
  }),
]

function rotateForm({ formToken, typed }: PageRequest): Html {
  const to = '/keys/rotate'
  const { line, heldBy } = fieldsOf(to, typed)
  const label = 'For “compromised”, type that word'
  return actionForm({
    ...{ to, back: '/keys', formToken, button: 'Make a new key', danger: true },
    fields: html`${field('How urgent', select('urgency', URGENCIES, heldBy('urgency')))}
${line({ name: 'name', label, more: html` autocomplete="off"` })}`,
  })
}

/** @throws {FormFault} `word_mistyped`. */
function checkWord(typed: string, word: string): void {
  if (typed === word) return
  const wrong = typed === '' ? html`The word was not typed.` : html`${shown(typed)} is not the word.`
  throw new FormFault('word_mistyped', 'name', html`${wrong} Type ${word}, or choose another urgency.`)
}

/** A certificate as the API shows it. */
export interface CertificateBody {
  use: 'server' | 'authority'
  signs?: boolean
  subject: string
  names?: string
  fingerprint: string
  expiresAt: string
}

function certificateTable(certificates: readonly CertificateBody[], now: Date): Html {
  return html`<p>Browsers, agents and commands that trust the CA trust the server. <code>openssl x509 -noout -fingerprint -sha256 -in ca.pem</code>
prints the fingerprint of a file.</p>
${table({
  caption: 'Certificates of the control plane',
  head: ['Whose', 'Subject', 'SHA-256 fingerprint', 'Ends'],
  rows: certificates.map((one) => [
    holderOf(one),
    html`${shown(one.subject)}${one.names !== undefined && html`<br>${shown(one.names)}`}`,
    copyable(one.fingerprint, `the fingerprint of the ${one.use}`),
    dueWhen(one.expiresAt, now),
  ]),
  empty: html`<p>There is none.</p>`,
})}`
}

/** While another CA takes the place of the first there are two. */
export function holderOf({ use, signs }: CertificateBody): string {
  if (use === 'server') return 'Server'
  return signs ? 'CA' : 'CA, to be trusted as well'
}
