/**
 * The list of user-assigned identities, and making one.
 *
 * @module
 */

import { notice } from '../html/done.ts'
import { type Html, html } from '../html/html.ts'
import { actionForm, copyable, field, link, pager, searchField, select, table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { ifAllowed } from '../inner/allowed.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { ApiPage, PortalApi } from '../inner/portal-api.ts'
import {
  choicesOf,
  GROUP_PATH,
  groupIn,
  IDENTITY_PATH,
  pathOfId,
  resourcePath,
  type Subscription,
  subscriptionFor,
  versioned,
} from '../inner/resource-paths.ts'
import { action, type PageAnswer, type PageRequest, type PageRoute, page } from '../page.ts'
import { type WrongGroup, wrongGroupOf } from './wrong-group.ts'

const LIST = '/providers/Microsoft.ManagedIdentity/userAssignedIdentities'

/** Where a resource is if nothing says so, as for the commands. */
const DEFAULT_LOCATION = 'local'

/** The page and its action. */
export const IDENTITIES: readonly PageRoute[] = [
  page('/identities', (request) => identitiesPage(request)),
  action('/identities', async ({ api, form }) => {
    const { subscriptionId = '', groupName = '', identityName = '' } = trimmed(form)
    const params = { subscriptionId, groupName, identityName }
    const location = form.location?.trim() || (await ensureGroup(api, params))
    await api.send('PUT', versioned(resourcePath(IDENTITY_PATH, params), 'identities'), {
      body: { location },
      isNew: true,
    })
    return { redirect: link(resourcePath(IDENTITY_PATH, params), { done: 'made' }) }
  }),
]

async function identitiesPage({ api, query, formToken, rights }: PageRequest): Promise<PageAnswer> {
  const { all, chosen } = await subscriptionFor(api, query.subscription)
  const choices = choicesOf(all)
  const list: ApiPage | WrongGroup | undefined = chosen
    ? await api
        .page(listPath(chosen.subscriptionId, query), query.after)
        .catch(unlessForbidden)
        .catch(wrongGroupOf)
    : { value: [] }
  const frame = { title: 'Identities', section: 'identities' } as const
  if (list && 'sentence' in list) {
    return { ...frame, status: list.status, body: filterForm(query, choices, list) }
  }
  return {
    ...frame,
    body: html`${notice({ deleted: ({ what }) => html`The identity ${shown(what)} is deleted.` }, query)}
<p>A user-assigned identity is for a program that runs on several servers, or for a job or a pod that has no server at all. Each server
has one of its own besides.</p>
${filterForm(query, choices)}
${list ? identityTable(list.value, isNarrowed(query)) : NOT_ALL}
${pager('/identities', query, { next: list?.next, after: query.after })}
<h2>Make an identity</h2>
${ifAllowed(rights, ['makeIdentity'], newForm(choices, chosen, { formToken, group: query.group || 'landfast' }))}`,
  }
}

const NOT_ALL = html`<div class="empty"><p>Your account may not see all these identities. Type a resource group whose identities it may see, and press “Show”. The
page of a machine has those that it got.</p></div>`
const NONE_SUCH = html`<p>No identity is like that. <a href="/portal/identities">Show all identities</a></p>`
const NONE_YET = html`<p>There is no identity yet. The form below makes one; then its page assigns it to servers, or lets GitHub, GitLab or
Kubernetes use it.</p>`

function listPath(subscriptionId: string, { group, q }: PageRequest['query']): string {
  const within = group?.trim() ? `/resourceGroups/${encodeURIComponent(group.trim())}` : ''
  const path = `/subscriptions/${subscriptionId}${within}${LIST}`
  return versioned(path, 'identities', { $top: '50', $search: q?.trim() })
}

function isNarrowed({ q, group, after }: PageRequest['query']): boolean {
  return Boolean(q?.trim() || group?.trim() || after)
}

type Choices = readonly (readonly [value: string, label: string])[]

function filterForm(query: PageRequest['query'], subscriptions: Choices, wrong?: WrongGroup): Html {
  return html`<form method="get" action="/portal/identities" class="filter" role="search">
${subscriptions.length > 1 && field('Subscription', select('subscription', subscriptions, query.subscription))}
${field('Name begins with, or an id', html`<input name="q" value="${query.q}" spellcheck="false">`)}
${searchField('Resource group', { name: 'group', value: query.group }, wrong?.sentence)}
<button>Show</button>
</form>`
}

// biome-ignore lint/suspicious/noExplicitAny: identities, as Resource Manager writes them.
function identityTable(identities: readonly any[], isPart: boolean): Html {
  return table({
    caption: 'Identities',
    head: ['Name', 'Resource group', 'Client id'],
    rows: identities.map(({ id, name, properties }) => [
      html`<a href="${link(pathOfId(id))}">${shown(name)}</a>`,
      shown(groupIn(id)),
      copyable(properties.clientId, `the client id of ${name}`),
    ]),
    empty: isPart ? NONE_SUCH : NONE_YET,
  })
}

function newForm(
  choices: Choices,
  chosen: Subscription | undefined,
  { formToken, group }: { formToken: string; group: string },
): Html {
  return actionForm({
    ...{ to: '/identities', back: '/identities', formToken, button: 'Make the identity' },
    fields: html`${
      choices.length > 1
        ? field('Subscription', select('subscriptionId', choices, chosen?.subscriptionId))
        : html`<input type="hidden" name="subscriptionId" value="${chosen?.subscriptionId}">`
    }
${field('Name', html`<input name="identityName" required spellcheck="false">`)}
${field('Resource group of the new one', html`<input name="groupName" value="${group}" required spellcheck="false">`)}
${field('Location (leave it empty for that of the resource group)', html`<input name="location" spellcheck="false">`)}`,
  })
}

function trimmed(form: PageRequest['form']): PageRequest['form'] {
  return Object.fromEntries(Object.entries(form).map(([name, value]) => [name, value.trim()]))
}

/** The location of the group, which is made if there is none, as the command does it. */
async function ensureGroup(api: PortalApi, params: Readonly<Record<string, string>>): Promise<string> {
  const path = versioned(resourcePath(GROUP_PATH, params), 'resourceGroups')
  const group = await api.find(path)
  if (group) return group.location
  await api.send('PUT', path, { body: { location: DEFAULT_LOCATION } })
  return DEFAULT_LOCATION
}
