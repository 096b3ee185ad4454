/**
 * Users and groups of the company's OpenID provider: who may sign in, and the groups that roles are given to.
 *
 * @module
 */

import { notice } from '../html/done.ts'
import { type Html, html } from '../html/html.ts'
import { actionForm, field, happened, link, pager, searchForm, table, unseen } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { ApiPage } from '../inner/portal-api.ts'
import { searched } from '../inner/resource-paths.ts'
import { action, type PageRequest, type PageRoute, page } from '../page.ts'
import { checkTypedName } from './machine/machine-actions.ts'

/** What a page says of each kind. */
const KINDS = {
  groups: {
    title: 'Groups',
    one: 'group',
    field: 'claimValue',
    label: 'What the provider calls it (a value of the groups claim)',
    intro: html`A group stands for one of the provider’s. A person who signs in with it has its roles.`,
  },
  users: {
    title: 'Users',
    one: 'user',
    field: 'subject',
    label: 'What the provider calls the person (the claim "sub")',
    intro: html`A person who signs in with a role, by a group or as a user, becomes a user here at the first sign-in.`,
  },
} as const

type Collection = keyof typeof KINDS

const DONE: Readonly<Record<string, string>> = {
  made: 'It is made. It needs a role.',
  disable: 'Its roles count no more, from the next request on.',
  enable: 'Its roles count again.',
  deleted: 'It is deleted, with its roles.',
}

/** The pages and their actions. */
export const PEOPLE: readonly PageRoute[] = (['groups', 'users'] as const).flatMap((collection) => [
  page(`/${collection}`, async (request) => ({
    title: KINDS[collection].title,
    section: 'people' as const,
    body: await list(collection, request),
  })),
  action(`/${collection}`, async ({ api, form }) => {
    const { field: name } = KINDS[collection]
    const body = { displayName: (form.displayName ?? '').trim(), [name]: (form.value ?? '').trim() }
    await api.send('POST', pathOf(collection), { body })
    return { redirect: link(`/${collection}`, { done: 'made' }) }
  }),
  ...(['disable', 'enable'] as const).map((verb) =>
    action(`/${collection}/{principalId}/${verb}`, async ({ api, params }) => {
      await api.send('POST', `${oneOf(collection, params)}/${verb}`)
      return { redirect: link(`/${collection}`, { done: verb }) }
    }),
  ),
  action(`/${collection}/{principalId}/delete`, async ({ api, params, form }) => {
    const path = oneOf(collection, params)
    checkTypedName(form, (await api.get(path)).displayName)
    await api.send('DELETE', path)
    return { redirect: link(`/${collection}`, { done: 'deleted' }) }
  }),
])

function pathOf(collection: Collection): string {
  return `/landfast/v1/${collection}`
}

function oneOf(collection: Collection, { principalId = '' }: PageRequest['params']): string {
  return `${pathOf(collection)}/${encodeURIComponent(principalId)}`
}

async function list(collection: Collection, request: PageRequest): Promise<Html> {
  const { api, query } = request
  const path = searched(pathOf(collection), query.q?.trim() ?? '')
  const found = await api.page(path, query.after).catch(unlessForbidden)
  const other = collection === 'groups' ? 'users' : 'groups'
  return html`${notice(DONE, query.done)}
<p>${KINDS[collection].intro} <a href="${link(`/${other}`)}">${KINDS[other].title}</a></p>
${found ? whole(collection, { found, request }) : html`<p>Your account may not see them.</p>`}`
}

function whole(collection: Collection, { found, request }: { found: ApiPage; request: PageRequest }): Html {
  const { title, one, label } = KINDS[collection]
  const { query, formToken, time } = request
  return html`${searchForm(`/${collection}`, 'Name begins with, or an id, here or at the provider', query.q)}
${table({
  caption: title,
  head: ['Name', 'State', 'At the provider', 'Made', 'Roles', 'Change'],
  rows: found.value.map((row) => [
    shown(row.displayName),
    html`<span class="badge ${row.state === 'enabled' ? 'good' : 'off'}">${row.state}</span>`,
    html`${shown(row[KINDS[collection].field])}<br><span class="small">${shown(row.issuer)}</span>`,
    happened(row.createdAt, time),
    html`<a href="${link('/roles', { principal: row.principalId })}">Roles${unseen(`of ${row.displayName}`)}</a>`,
    changes(collection, { row, formToken }),
  ]),
  empty: query.q?.trim()
    ? html`<p>No ${one} is like that. <a href="${link(`/${collection}`)}">Show all</a></p>`
    : html`<p>There is none yet.</p>`,
})}
${pager(`/${collection}`, query, { next: found.next, after: query.after })}
<h2>Make a ${one}</h2>
${actionForm({
  ...{ to: `/${collection}`, back: `/${collection}`, formToken, button: 'Make it' },
  fields: html`${field('Name', html`<input name="displayName" required spellcheck="false">`)}
${field(label, html`<input name="value" required spellcheck="false" size="40">`)}`,
})}`
}

// biome-ignore lint/suspicious/noExplicitAny: one of them, as the API writes it.
function changes(collection: Collection, { row, formToken }: { row: any; formToken: string }): Html {
  const at = `/${collection}/${row.principalId}`
  const back = `/${collection}`
  const verb = row.state === 'enabled' ? 'disable' : 'enable'
  const of = row.displayName
  return html`${actionForm({ to: `${at}/${verb}`, back, formToken, button: verb === 'disable' ? 'Disable' : 'Enable', of, danger: verb === 'disable' })}
<details><summary>Delete${unseen(of)}</summary>${actionForm({
    ...{ to: `${at}/delete`, back, formToken, button: 'Delete', of, danger: true },
    fields: field(
      'Type its name to delete it',
      html`<input name="name" required autocomplete="off" spellcheck="false">`,
    ),
  })}</details>`
}
