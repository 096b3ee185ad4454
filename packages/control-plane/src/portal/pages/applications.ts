/**
 * The list of applications, and making one.
 *
 * @module
 */

import { notice } from '../html/done.ts'
import { html } from '../html/html.ts'
import { actionForm, copyable, field, happened, link, pager, searchForm, table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { ifAllowed } from '../inner/allowed.ts'
import { searched } from '../inner/resource-paths.ts'
import { action, type PageRequest, type PageRoute, page } from '../page.ts'

/** Where they are at the API. */
const SERVICE_PRINCIPALS = '/landfast/v1/service-principals'

/** The page of the application that `params` name. */
export function applicationPath({ principalId = '' }: PageRequest['params']): string {
  return `/applications/${encodeURIComponent(principalId)}`
}

/** The same at the API. */
export function applicationApiPath({ principalId = '' }: PageRequest['params']): string {
  return `${SERVICE_PRINCIPALS}/${encodeURIComponent(principalId)}`
}

/** The page and its action. */
export const APPLICATIONS: readonly PageRoute[] = [
  page('/applications', async ({ api, query, formToken, time, rights }) => {
    const search = query.q?.trim() ?? ''
    const { value, next } = await api.page(searched(SERVICE_PRINCIPALS, search), query.after)
    return {
      title: 'Applications',
      section: 'applications',
      body: html`${notice({ deleted: ({ what }) => html`The application ${shown(what)} is deleted.` }, query)}
<p>An application is an account for a person, a service or a deployment job: it signs in with a secret, a certificate or a token of
another issuer, and may do what its roles allow.</p>
${searchForm('/applications', 'Name begins with, or an id', query.q)}
${table({
  caption: 'Applications',
  head: ['Name', 'State', 'Client id', 'Made'],
  rows: value.map(({ principalId, displayName, state, clientId, createdAt }) => [
    html`<a href="${link(`/applications/${principalId}`)}">${shown(displayName)}</a>`,
    html`<span class="badge ${state === 'enabled' ? 'good' : 'off'}">${state}</span>`,
    copyable(clientId, `the client id of ${displayName}`),
    happened(createdAt, time),
  ]),
  empty: search
    ? html`<p>No application is like that. <a href="${link('/applications')}">Show all applications</a></p>`
    : html`<p>There is no application yet.</p>`,
})}
${pager('/applications', query, { next, after: query.after })}
<h2>Make an application</h2>
${ifAllowed(
  rights,
  ['changeAccounts', '/'],
  actionForm({
    ...{ to: '/applications', back: '/applications', formToken, button: 'Make the application' },
    fields: field('Name', html`<input name="displayName" required spellcheck="false">`),
  }),
)}`,
    }
  }),
  action('/applications', async ({ api, form }) => {
    const body = { displayName: (form.displayName ?? '').trim() }
    const { principalId } = await api.send('POST', SERVICE_PRINCIPALS, { body })
    return { redirect: link(`/applications/${principalId}`, { done: 'made' }) }
  }),
]
