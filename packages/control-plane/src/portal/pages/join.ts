/**
 * Lets servers in: makes a join token, shows the line that a server runs, and lists the tokens that there are.
 *
 * @module
 */

import { readGuid } from '../../guid.ts'
import { notice, type Sentence } from '../html/done.ts'
import { type Html, html } from '../html/html.ts'
import { actionForm, dueWhen, field, fillLink, link, pager, select, table } from '../html/parts.ts'
import { plain, shown } from '../html/shown-text.ts'
import { mayDo, whoMay } from '../inner/allowed.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { PortalApi } from '../inner/portal-api.ts'
import { MOST_ROWS, type Subscription, subscriptionsOf, versioned } from '../inner/resource-paths.ts'
import { action, type PageRequest, type PageRoute, page } from '../page.ts'
import { PortalError } from '../portal-error.ts'
import { madePage, progress, type TokenBody } from './join-made.ts'

const TOKENS = '/landfast/v1/join-tokens'

const LIFETIMES = [
  ['900', '15 minutes'],
  ['3600', 'an hour'],
  ['86400', 'a day'],
  ['604800', 'a week'],
] as const

/** More would hide the form. */
const LINKED_GROUPS = 12

const DONE: Readonly<Record<string, Sentence>> = {
  revoked: ({ what }) => html`The join token ${shown(what)} is revoked: it lets no server in any more.`,
}

/** The pages and actions. */
export const JOIN: readonly PageRoute[] = [
  page('/join', async (request) => ({
    title: 'Join a server',
    section: 'join',
    body: html`${notice(DONE, request.query)}${await newTokenForm(request)}<h2>Join tokens</h2>${await tokenList(request)}`,
  })),
  page('/join/{tokenId}', async ({ api, params, time }) => {
    const tokenId = readGuid(params.tokenId)
    if (tokenId === undefined) throw new PortalError('page_unknown')
    // One that is used up or has ended is there no more after a while.
    const token: TokenBody | undefined = await api.find(`${TOKENS}/${tokenId}`)
    const body = html`${progress(tokenId, token, time)}
<p>The line with this token was shown once, when it was made. <a href="${link('/join')}">Make another one</a></p>`
    return { title: 'Join token', section: 'join', body }
  }),
  action('/join', async ({ api, form, time }) => {
    const made = await api.send('POST', TOKENS, { body: demandIn(form) })
    const address = link(`/join/${made.id}`)
    return { title: 'Run this on the server', section: 'join', body: madePage(made, time), address }
  }),
  action('/join/{tokenId}/revoke', async ({ api, params }) => {
    await api.send('DELETE', `${TOKENS}/${encodeURIComponent(params.tokenId ?? '')}`)
    return { redirect: link('/join', { done: 'revoked', what: params.tokenId?.slice(0, 8) }) }
  }),
]

/** A resource group that servers may join. */
interface Group {
  name: string
  subscription: Subscription
}

async function newTokenForm({ api, formToken, query, rights }: PageRequest): Promise<Html> {
  if (!mayDo(rights, 'changeMachine')) return html`<p>${whoMay('changeMachine')}</p>`
  const subscriptions = await subscriptionsOf(api)
  const groups = (await Promise.all(subscriptions.map((one) => groupsOf(api, one)))).flat()
  const hasChoice = subscriptions.length > 1
  return actionForm({
    ...{ to: '/join', back: '/join', formToken, button: 'Make the line for the server' },
    fields: html`${hasChoice && subscriptionField(subscriptions, query.subscription)}
${field('Resource group', html`<input name="resourceGroup" value="${query.group || usualGroup(groups)}" required list="groups" spellcheck="false" autocomplete="off">`)}
<datalist id="groups">${groups.map((group) => groupOption(group, hasChoice))}</datalist>
${groups.length > 1 && groupLinks(groups, hasChoice)}
${field('Good for', select('lifetimeSeconds', LIFETIMES, '3600'))}
${field('How many servers', html`<input name="uses" type="number" min="1" max="1000" value="1" required>`)}`,
  })
}

/** Among several a hurried click would take the wrong one. */
function usualGroup(groups: readonly Group[]): string {
  const [only, ...others] = groups
  if (others.length > 0) return ''
  return only?.name ?? 'landfast'
}

/** Each fills the field in. A browser shows the suggestions of a field only to who looks for them. */
function groupLinks(groups: readonly Group[], hasChoice: boolean): Html {
  const left = groups.length - LINKED_GROUPS
  const links = groups.slice(0, LINKED_GROUPS).map(({ name, subscription }) => {
    const { subscriptionId, displayName } = subscription
    const path = link('/join', { group: name, subscription: hasChoice ? subscriptionId : undefined })
    const values = { ...(hasChoice && { subscriptionId }), resourceGroup: name }
    return html` ${fillLink(html`${shown(name)}${hasChoice && html`, in ${shown(displayName)}`}`, values, path)}`
  })
  return html`<p class="links">There are:${links}${left > 0 && html` and ${left} more, which the field finds`}</p>`
}

function subscriptionField(subscriptions: readonly Subscription[], chosen: string | undefined): Html {
  const options = subscriptions.map(
    ({ subscriptionId, displayName }) =>
      html`<option value="${subscriptionId}"${subscriptionId === chosen && html` selected`}>${plain(displayName)}</option>`,
  )
  return field(
    'Subscription',
    html`<select name="subscriptionId" required><option value="">Choose one</option>${options}</select>`,
  )
}

/** Groups of one name may be in several subscriptions. */
function groupOption({ name, subscription }: Group, hasChoice: boolean): Html {
  const label = hasChoice && html` label="${name}, in ${plain(subscription.displayName)}"`
  return html`<option value="${name}"${label}></option>`
}

async function groupsOf(api: PortalApi, subscription: Subscription): Promise<Group[]> {
  const { subscriptionId } = subscription
  const path = versioned(`/subscriptions/${subscriptionId}/resourceGroups`, 'resourceGroups', MOST_ROWS)
  // Who may join servers to one group may not see them all.
  const groups = await api.all(path).catch(unlessForbidden)
  return groups?.map(({ name }) => ({ name, subscription })) ?? []
}

async function tokenList({ api, query, formToken, time, rights }: PageRequest): Promise<Html> {
  const { after } = query
  const { value, next } = await api.page(`${TOKENS}?$top=50`, after)
  const tokens: TokenBody[] = value
  return html`${table({
    caption: 'Join tokens',
    head: ['Token', 'Resource group', 'Uses left', 'Ends', 'Revoke'],
    rows: tokens.map((token) => [
      html`<a href="${link(`/join/${token.id}`)}"><code>${token.id.slice(0, 8)}</code></a>`,
      shown(token.resourceGroup),
      `${token.usesLeft} of ${token.uses}`,
      dueWhen(token.expiresAt, time),
      token.usesLeft === 0
        ? 'All its uses are spent'
        : mayDo(rights, 'changeMachine', groupOf(token)) &&
          actionForm({
            to: `/join/${token.id}/revoke`,
            back: '/join',
            formToken,
            button: 'Revoke',
            of: `the token ${token.id.slice(0, 8)}`,
            danger: true,
          }),
    ]),
    empty:
      after === undefined
        ? html`<p>No token is open.${mayDo(rights, 'changeMachine') && ' The form above makes one: any holder of its line can join a server.'}</p>`
        : html`<p>There is none any more.</p>`,
  })}
${pager('/join', {}, { next, after })}`
}

function groupOf({ subscriptionId, resourceGroup }: TokenBody): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`
}

/** What is asked for. @throws {PortalError} `form_malformed`. */
function demandIn(form: PageRequest['form']): object {
  const { subscriptionId, resourceGroup = '' } = form
  const [uses, lifetimeSeconds] = [Number(form.uses), Number(form.lifetimeSeconds)]
  if (!Number.isInteger(uses) || !Number.isInteger(lifetimeSeconds)) throw new PortalError('form_malformed')
  return {
    ...(subscriptionId !== undefined && { subscriptionId }),
    resourceGroup: resourceGroup.trim(),
    uses,
    lifetimeSeconds,
  }
}
