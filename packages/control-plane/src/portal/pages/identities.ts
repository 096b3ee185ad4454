/**
 * The list of user-assigned identities, and making one.
 *
 * @module
 */

import { type Html, html } from '../html/html.ts'
import { actionForm, copyable, field, link, notice, pager, select, table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { ApiPage, PortalApi } from '../inner/portal-api.ts'
import {
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
    })
    return { redirect: link(resourcePath(IDENTITY_PATH, params), { done: 'made' }) }
  }),
]

async function identitiesPage({ api, query, formToken }: PageRequest): Promise<PageAnswer> {
  const { all, chosen } = await subscriptionFor(api, query.subscription)
  const path =
    chosen && versioned(`/subscriptions/${chosen.subscriptionId}${LIST}`, 'identities', { $top: '50' })
  const list: ApiPage | undefined = path
    ? await api.page(path, query.after).catch(unlessForbidden)
    : { value: [] }
  return {
    title: 'Identities',
    section: 'identities',
    body: html`${notice({ deleted: 'The identity is deleted.' }, query.done)}
<p>A user-assigned identity is for a program that runs on several servers, or for a job or a pod that has no server at all. Each server
has one of its own besides.</p>
${list ? identityTable(list.value) : html`<p>Your account may not see all identities of the subscription. The page of a machine has those that it got.</p>`}
${pager('/identities', query, { next: list?.next, after: query.after })}
<h2>Make an identity</h2>
${newForm(all, chosen, formToken)}`,
  }
}

// biome-ignore lint/suspicious/noExplicitAny: identities, as Resource Manager writes them.
function identityTable(identities: readonly any[]): Html {
  return table({
    caption: 'Identities',
    head: ['Name', 'Resource group', 'Client id'],
    rows: identities.map(({ id, name, properties }) => [
      html`<a href="${link(pathOfId(id))}">${shown(name)}</a>`,
      shown(groupIn(id)),
      copyable(properties.clientId, 'the client id'),
    ]),
    empty: html`<p>There is no identity yet. The form below makes one; then its page assigns it to servers, or lets GitHub, GitLab or
Kubernetes use it.</p>`,
  })
}

function newForm(all: readonly Subscription[], chosen: Subscription | undefined, formToken: string): Html {
  const choices = all.map(({ subscriptionId, displayName }) => [subscriptionId, displayName] as const)
  return actionForm({
    ...{ to: '/identities', back: '/identities', formToken, button: 'Make it' },
    fields: html`${
      all.length > 1
        ? field('Subscription', select('subscriptionId', choices, chosen?.subscriptionId))
        : html`<input type="hidden" name="subscriptionId" value="${chosen?.subscriptionId}">`
    }
${field('Name', html`<input name="identityName" required spellcheck="false">`)}
${field('Resource group', html`<input name="groupName" value="landfast" required spellcheck="false">`)}
${field('Location (that of the group without one)', html`<input name="location" spellcheck="false">`)}`,
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
