/**
 * The keys that sign tokens, and making a new one.
 *
 * @module
 */

import { html } from '../html/html.ts'
import { actionForm, field, link, notice, select, table, when } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { action, type PageRoute, page } from '../page.ts'
import { PortalError } from '../portal-error.ts'

const KEYS = '/landfast/v1/signing-keys'

const URGENCIES = [
  ['planned', 'Planned: it signs in a day, when every verifier has it'],
  ['immediate', 'Immediate: it signs now'],
  ['compromised', 'Compromised: it signs now, and every token until now is worthless'],
] as const

/** The page and its action. */
export const KEYS_PAGES: readonly PageRoute[] = [
  page('/keys', async ({ api, query, formToken, time }) => {
    const { value } = await api.page(KEYS)
    return {
      title: 'Keys',
      section: 'keys',
      body: html`${notice({ made: 'The new key is made.' }, query.done)}
<h2>Keys that sign tokens</h2>
${table({
  caption: 'Signing keys',
  head: ['Key (kid)', 'Signs', 'Signs from', 'Published until'],
  rows: value.map(({ kid, signs, signsFrom, publishedUntil }) => [
    html`<code>${shown(kid)}</code>`,
    html`<span class="badge ${signs ? 'good' : 'off'}">${signs ? 'now' : 'not now'}</span>`,
    when(signsFrom, time),
    when(publishedUntil, time),
  ]),
  empty: html`<p>There is none.</p>`,
})}
<h2>Make a new key</h2>
<p>Keys change by themselves. Make one yourself if a key may be known to somebody, or to see that verifiers follow.</p>
${actionForm({
  ...{ to: '/keys/rotate', back: '/keys', formToken, button: 'Make a new key', danger: true },
  fields: html`${field('How urgent', select('urgency', URGENCIES))}
${field('For “compromised”, type that word', html`<input name="name" autocomplete="off" spellcheck="false">`)}`,
})}`,
    }
  }),
  action('/keys/rotate', async ({ api, form }) => {
    const { urgency = 'planned', name } = form
    if (urgency === 'compromised' && name?.trim() !== urgency) throw new PortalError('name_mistyped')
    await api.send('POST', `${KEYS}/rotate`, { body: { urgency } })
    return { redirect: link('/keys', { done: 'made' }) }
  }),
]
