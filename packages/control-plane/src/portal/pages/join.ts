/**
 * Lets servers in: makes a join token, shows the line that a server runs, and lists the tokens that there are.
 *
 * @module
 */

import { parseJoinToken } from '@landfast/protocol'
import { type Html, html } from '../html/html.ts'
import {
  actionForm,
  commandLine,
  dueWhen,
  facts,
  field,
  happened,
  link,
  pager,
  select,
  table,
} from '../html/parts.ts'
import { plain, shown } from '../html/shown-text.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { PortalApi } from '../inner/portal-api.ts'
import {
  MOST_ROWS,
  pathOfId,
  type Subscription,
  subscriptionsOf,
  versioned,
} from '../inner/resource-paths.ts'
import { action, type PageRequest, type PageRoute, page } from '../page.ts'
import { PortalError } from '../portal-error.ts'
import { joinLines } from './join-lines.ts'

const TOKENS = '/landfast/v1/join-tokens'

const LIFETIMES = [
  ['900', '15 minutes'],
  ['3600', 'an hour'],
  ['86400', 'a day'],
  ['604800', 'a week'],
] as const

/** A join token as the API shows it. */
interface TokenBody {
  id: string
  resourceGroup: string
  uses: number
  usesLeft: number
  expiresAt: string
  createdBy: string
  /** Where one token is asked for. */
  machines?: readonly { resourceId: string; joinedAt: string }[]
}

/** The pages and actions. */
export const JOIN: readonly PageRoute[] = [
  page('/join', async (request) => ({
    title: 'Join a server',
    section: 'join',
    body: html`${await newTokenForm(request)}<h2>Join tokens</h2>${await tokenList(request)}`,
  })),
  page('/join/{tokenId}', async ({ api, params, time }) => {
    const { tokenId = '' } = params
    // One that is used up or has ended is there no more after a while.
    const token: TokenBody | undefined = await api.find(`${TOKENS}/${encodeURIComponent(tokenId)}`)
    return { title: 'Join token', section: 'join', body: progress(tokenId, token, time) }
  }),
  action('/join', async ({ api, form, time }) => {
    const made = await api.send('POST', TOKENS, { body: demandIn(form) })
    return { title: 'Run this on the server', section: 'join', body: madePage(made, time) }
  }),
  action('/join/{tokenId}/revoke', async ({ api, params }) => {
    await api.send('DELETE', `${TOKENS}/${encodeURIComponent(params.tokenId ?? '')}`)
    return { redirect: link('/join') }
  }),
]

/** A resource group that servers may join. */
interface Group {
  name: string
  subscription: Subscription
}

async function newTokenForm({ api, formToken }: PageRequest): Promise<Html> {
  const subscriptions = await subscriptionsOf(api)
  const groups = (await Promise.all(subscriptions.map((one) => groupsOf(api, one)))).flat()
  const hasChoice = subscriptions.length > 1
  return actionForm({
    ...{ to: '/join', back: '/join', formToken, button: 'Make the line for the server' },
    fields: html`${hasChoice && subscriptionField(subscriptions)}
${field('Resource group', html`<input name="resourceGroup" value="${usualGroup(groups)}" required list="groups" spellcheck="false" autocomplete="off">`)}
<datalist id="groups">${groups.map((group) => groupOption(group, hasChoice))}</datalist>
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

function subscriptionField(subscriptions: readonly Subscription[]): Html {
  const options = subscriptions.map(
    ({ subscriptionId, displayName }) =>
      html`<option value="${subscriptionId}">${plain(displayName)}</option>`,
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

async function tokenList({ api, query, formToken, time }: PageRequest): Promise<Html> {
  const { after } = query
  const { value, next } = await api.page(`${TOKENS}?$top=50`, after)
  const tokens: TokenBody[] = value
  return html`${table({
    caption: 'Join tokens',
    head: ['Token', 'Resource group', 'Uses left', 'Ends', 'Change'],
    rows: tokens.map((token) => [
      html`<a href="${link(`/join/${token.id}`)}"><code>${token.id.slice(0, 8)}</code></a>`,
      shown(token.resourceGroup),
      `${token.usesLeft} of ${token.uses}`,
      dueWhen(token.expiresAt, time),
      token.usesLeft === 0
        ? 'used up'
        : actionForm({
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
        ? html`<p>No token is open. The form above makes one: any holder of its line can join a server.</p>`
        : html`<p>There is none any more.</p>`,
  })}
${pager('/join', {}, { next, after })}`
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

function madePage(made: TokenBody & { token: string }, now: Date): Html {
  const needsCa = parseJoinToken(made.token)?.caFingerprint === undefined
  return html`<div class="notice good" role="status"><p>The token is shown only once, now. Any holder of it can join
${made.uses === 1 ? 'a server' : `${made.uses} servers`} until it is used up or ends.</p></div>
${joinLines(made.token).map(
  ({ title, text, line }) => html`<h2>${title}</h2><p>${text}</p>${commandLine(line, title)}`,
)}
${needsCa && html`<p>A server that does not trust the CA of this control plane needs <code>--ca-file FILE</code> in its line.</p>`}
<h2>Has it joined?</h2>
${progress(made.id, made, now)}`
}

/** The script reads it again; without script the link does. */
function progress(id: string, token: TokenBody | undefined, now: Date): Html {
  const path = link(`/join/${id}`)
  return html`<div id="progress" data-live="${path}" role="status">${
    token
      ? facts([
          ['Joined', `${token.uses - token.usesLeft} of ${token.uses}`],
          ['Resource group', shown(token.resourceGroup)],
          ['Ends', dueWhen(token.expiresAt, now)],
          ['Machines', machineLinks(token, now)],
        ])
      : html`<p>This token lets no server in any more: it is used up, has ended, or was taken back.</p>`
  }</div>
<p><a href="${path}">Look again</a>, or see the <a href="${link('/machines', { group: token?.resourceGroup })}">machines</a></p>`
}

/** Each leads to its page, the latest first. */
function machineLinks({ machines = [] }: TokenBody, now: Date): Html {
  if (machines.length === 0) return html`none yet`
  return html`<ul>${machines.map(
    ({ resourceId, joinedAt }) =>
      html`<li><a href="${link(pathOfId(resourceId))}">${shown(resourceId.split('/').at(-1))}</a>, ${happened(joinedAt, now)}</li>`,
  )}</ul>`
}
