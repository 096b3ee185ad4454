/**
 * Users and groups of the company's OpenID provider: who may sign in, and the groups that roles are given to.
 *
 * @module
 */

import { notice, type Sentence, untold } from '../html/done.ts'
import { type Html, html } from '../html/html.ts'
import {
  actionForm,
  field,
  happened,
  link,
  pager,
  pathWith,
  searchForm,
  table,
  unseen,
} from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { ifAllowed, mayDo } from '../inner/allowed.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { ApiPage } from '../inner/portal-api.ts'
import { searched } from '../inner/resource-paths.ts'
import { action, type PageRequest, type PageRoute, page } from '../page.ts'
import { backTo } from '../session/return-path.ts'
import { checkTypedName, nameField } from './typed-name.ts'

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

const NO_PROVIDER = html`<div class="notice waiting"><p>Nobody can sign in as a user or with a group: this control plane has no OpenID provider. The setting
<code>portal-oidc-issuer</code> names one, with <code>portal-oidc-client-id</code> and the client secret.</p></div>`

type Collection = keyof typeof KINDS

const DONE: Readonly<Record<string, Sentence>> = {
  made: ({ what }) => html`${shown(what)} is made, and needs a role.`,
  disable: ({ what }) => html`${shown(what)} is disabled. Its roles count no more, from the next request on.`,
  enable: ({ what }) => html`${shown(what)} is enabled. Its roles count again.`,
  deleted: ({ what }) => html`${shown(what)} is deleted, with its roles.`,
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
    return { redirect: link(`/${collection}`, { done: 'made', what: body.displayName }) }
  }),
  ...(['disable', 'enable'] as const).map((verb) =>
    action(`/${collection}/{principalId}/${verb}`, async ({ api, params, form }) => {
      await api.send('POST', `${oneOf(collection, params)}/${verb}`)
      return { redirect: backTo(form, { done: verb, what: form.what }) }
    }),
  ),
  action(`/${collection}/{principalId}/delete`, async ({ api, params, form }) => {
    const path = oneOf(collection, params)
    const { displayName: what } = await api.get(path)
    checkTypedName(form, what)
    await api.send('DELETE', path)
    return { redirect: backTo(form, { done: 'deleted', what }) }
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
  return html`${notice(DONE, query)}
<p>${KINDS[collection].intro} <a href="${link(`/${other}`)}">${KINDS[other].title}</a></p>
${!request.hasProvider && NO_PROVIDER}
${found ? whole(collection, { found, request }) : html`<p>Your account may not see them.</p>`}`
}

function whole(collection: Collection, { found, request }: { found: ApiPage; request: PageRequest }): Html {
  const { title, one } = KINDS[collection]
  const { query, time, rights } = request
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
    mayDo(rights, 'changeAccounts', '/') && changes(collection, { row, request }),
  ]),
  empty: query.q?.trim()
    ? html`<p>No ${one} is like that. <a href="${link(`/${collection}`)}">Show all</a></p>`
    : html`<p>There is none yet.</p>`,
})}
${pager(`/${collection}`, query, { next: found.next, after: query.after })}
${
  request.hasProvider &&
  html`<h2>Make a ${one}</h2>
${makeForm(collection, request)}`
}`
}

function makeForm(collection: Collection, { rights, formToken }: PageRequest): Html {
  const { one, label } = KINDS[collection]
  return html`${ifAllowed(
    rights,
    ['changeAccounts', '/'],
    actionForm({
      ...{ to: `/${collection}`, back: `/${collection}`, formToken, button: `Make the ${one}` },
      fields: html`${field('Name', html`<input name="displayName" required spellcheck="false">`)}
${field(label, html`<input name="value" required spellcheck="false" size="40">`)}`,
    }),
  )}`
}

// biome-ignore lint/suspicious/noExplicitAny: one of them, as the API writes it.
function changes(collection: Collection, { row, request }: { row: any; request: PageRequest }): Html {
  const { formToken, query, typed } = request
  const at = `/${collection}/${row.principalId}`
  const back = pathWith(`/${collection}`, untold(query))
  const [verb, button] = row.state === 'enabled' ? ['disable', 'Disable'] : ['enable', 'Enable']
  const of = row.displayName
  const common = { back, formToken, of }
  const fields = html`<input type="hidden" name="what" value="${of}">`
  const isAgain = typed?.to === `${at}/delete`
  return html`${actionForm({ ...common, to: `${at}/${verb}`, button, fields, danger: verb === 'disable' })}
<details${isAgain && html` open`}><summary>Delete${unseen(of)}</summary>${actionForm({
    ...{ ...common, to: `${at}/delete`, button: 'Delete', danger: true },
    fields: nameField(`${at}/delete`, typed),
  })}</details>`
}
