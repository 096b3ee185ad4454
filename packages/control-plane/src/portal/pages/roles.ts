/**
 * Role assignments: who can do something here, what one principal can do, giving and taking.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { ROLE } from '../../authorization/role-definitions.ts'
import { readGuid } from '../../guid.ts'
import { notice } from '../html/done.ts'
import { type Html, html } from '../html/html.ts'
import { actionForm, field, link, pager, select, table } from '../html/parts.ts'
import { plain, shown } from '../html/shown-text.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { ApiPage, PortalApi } from '../inner/portal-api.ts'
import { pathOfId, subscriptionFor, versioned } from '../inner/resource-paths.ts'
import { action, type PageAnswer, type PageRequest, type PageRoute, page } from '../page.ts'
import { findPrincipal, type PrincipalBody, principalLink, principalsOf, quoted } from './principals.ts'
import { type AssignmentBody, roleIdOf, roleNames } from './role-table.ts'
import { rolesInWords } from './role-words.ts'

const ASSIGNMENTS = '/providers/Microsoft.Authorization/roleAssignments'
const DEFINITIONS = '/providers/Microsoft.Authorization/roleDefinitions'

const DONE: Readonly<Record<string, string>> = {
  given: 'The role is given. It counts from the next request on.',
  taken: 'The role is taken away. It counts no more from the next request on.',
}

/** Which places a list has roles of. */
type Reach = 'above' | 'below'

const REACHES = [
  ['above', 'that count here: here and above'],
  ['below', 'also those below'],
] as const

/** The page and its actions. */
export const ROLES: readonly PageRoute[] = [
  page('/roles', (request) => rolesPage(request)),
  action('/roles', async ({ api, form }) => {
    const scope = scopeIn(form)
    const principal = await findPrincipal(api, form.principal ?? '')
    const principalId = principal?.id ?? (form.principal ?? '').trim()
    const roleDefinitionId = `${DEFINITIONS}/${form.role}`
    const description = form.description?.trim()
    const properties = { roleDefinitionId, principalId, ...(description && { description }) }
    await api.send('PUT', versioned(at(scope, `${ASSIGNMENTS}/${randomUUID()}`), 'roles'), {
      body: { properties },
    })
    return { redirect: link('/roles', { scope, done: 'given' }) }
  }),
  action('/roles/remove', async ({ api, form }) => {
    const scope = scopeIn(form)
    await api.send(
      'DELETE',
      versioned(at(scope, `${ASSIGNMENTS}/${encodeURIComponent(form.assignment ?? '')}`), 'roles'),
    )
    const { shown: scopeShown, principal, reach } = form
    return { redirect: link('/roles', { scope: scopeShown, principal, reach, done: 'taken' }) }
  }),
]

/** Whose roles are asked for. */
interface Asked {
  id: string
  /** Undefined if the visitor sees no principal that is meant, or several. */
  principal: PrincipalBody | undefined
}

/** What the list is asked for. */
interface Question {
  scope: string
  reach: Reach
  asked: Asked | undefined
}

async function rolesPage(request: PageRequest): Promise<PageAnswer> {
  const { api, query } = request
  const question = {
    scope: query.scope ? scopeIn(query) : await usualScope(request),
    reach: reachOf(query),
    asked: query.principal ? await askedBy(api, query.principal.trim()) : undefined,
  }
  const { scope } = question
  const [list, names] = await Promise.all([
    api
      .page(versioned(at(scope, ASSIGNMENTS), 'roles', { $filter: filterOf(question) }), query.after)
      .catch(unlessForbidden),
    roleNames(api, at(scope, '')).catch(unlessForbidden),
  ])
  return {
    title: 'Roles',
    section: 'roles',
    body: html`${notice(DONE, query.done)}
${searchForm(question, query.principal)}
${list && names ? await assignments(list, { request, question, names }) : html`<p>Your account may not see the roles there. Type a scope that it may see, such as that of a resource group.</p>`}`,
  }
}

async function askedBy(api: PortalApi, text: string): Promise<Asked> {
  const principal = await findPrincipal(api, text)
  return { id: principal?.id ?? text, principal }
}

/** Who can do something at a place has a role there or above it; what somebody has may be anywhere. */
function reachOf({ reach, scope, principal }: PageRequest['query']): Reach {
  if (reach === 'above' || reach === 'below') return reach
  return scope && !principal ? 'above' : 'below'
}

function filterOf({ reach, asked }: Question): string {
  const terms = [reach === 'above' && 'atScope()', asked && `assignedTo(${quoted(asked.id)})`]
  return terms.filter(Boolean).join(' and ')
}

async function assignments(
  { value, next }: ApiPage,
  {
    request,
    question,
    names,
  }: { request: PageRequest; question: Question; names: ReadonlyMap<string, string> },
): Promise<Html> {
  const { api, query, formToken } = request
  const { scope, reach } = question
  const ids = value.map(({ properties }) => properties.principalId)
  const known = await principalsOf(api, ids)
  return html`<p>A role at a scope counts for everything below it. The list has the roles ${reach === 'above' ? 'at and above' : 'at, above and below'} <code>${shown(scope)}</code>.</p>
${assignmentTable(value, { names, known, question, formToken })}
${pager('/roles', query, { next, after: query.after })}
${rolesInWords(names)}
<h2>Give a role</h2>
${giveForm({ scope, principal: query.principal, names, formToken })}`
}

/** Everything, for who has only one place that is the subscription. */
async function usualScope({ api, query }: PageRequest): Promise<string> {
  const { chosen } = await subscriptionFor(api, query.subscription)
  return chosen ? `/subscriptions/${chosen.subscriptionId}` : '/'
}

/** The scope in a form, without slashes at its end. */
function scopeIn({ scope = '/' }: Readonly<Record<string, string>>): string {
  return `/${scope.trim().replace(/^\/+|\/+$/g, '')}`
}

/** A path at a scope. */
function at(scope: string, path: string): string {
  return `${scope === '/' ? '' : pathOfId(scope)}${path}`
}

function searchForm({ scope, reach }: Question, principal: string | undefined): Html {
  return html`<form method="get" action="/portal/roles" class="filter" role="search">
${field('Where', html`<input name="scope" value="${scope}" size="40" spellcheck="false">`)}
${field('Roles', select('reach', REACHES, reach))}
${field('Who (name, object id or client id)', html`<input name="principal" value="${principal}" spellcheck="false">`)}
<button>Show</button>
</form>`
}

interface TableParts {
  names: ReadonlyMap<string, string>
  known: ReadonlyMap<string, PrincipalBody>
  question: Question
  formToken: string
}

function assignmentTable(rows: readonly AssignmentBody[], parts: TableParts): Html {
  const { asked } = parts.question
  return asked ? tableOfOne(rows, asked, parts) : tableOfAll(rows, parts)
}

function tableOfAll(rows: readonly AssignmentBody[], parts: TableParts): Html {
  return table({
    caption: 'Role assignments',
    head: ['Who', 'Role', 'Where', 'Description', 'Change'],
    rows: rows.map((one) => [
      principalLink(one.properties.principalId, parts.known),
      roleName(one, parts),
      shown(one.properties.scope),
      shown(one.properties.description),
      takeForm(one, 'Take away', parts),
    ]),
    empty: html`<p>No principal has a role here. The form below gives one.</p>`,
  })
}

/** A role of a group counts for a person as long as the person is in it. */
function tableOfOne(rows: readonly AssignmentBody[], asked: Asked, parts: TableParts): Html {
  return table({
    caption: `Roles of ${plain(asked.principal?.displayName ?? asked.id)}`,
    head: ['Role', 'Where', 'Through', 'Description', 'Change'],
    rows: rows.map((one) => {
      const { principalId, scope, description } = one.properties
      const isOwn = principalId === asked.id.toLowerCase()
      return [
        roleName(one, parts),
        shown(scope),
        isOwn ? 'given to itself' : html`the group ${principalLink(principalId, parts.known)}`,
        shown(description),
        takeForm(one, isOwn ? 'Take away' : 'Take away from the whole group', parts),
      ]
    }),
    empty: html`<p>${nothingOf(asked, parts.question)}</p>`,
  })
}

function nothingOf({ id, principal }: Asked, { reach }: Question): Html {
  if (!principal && !readGuid(id)) {
    return html`Your account sees no machine, identity, application, user or group with the name ${shown(id)}, or several. Give its object id.`
  }
  const places = reach === 'above' ? 'here or above' : 'here, above or below'
  return html`${shown(principal?.displayName ?? id)} has no role ${places}, neither itself nor through a group. The form below gives one.`
}

function roleName(one: AssignmentBody, { names }: TableParts): Html | string {
  return shown(names.get(roleIdOf(one)) ?? roleIdOf(one))
}

function takeForm(one: AssignmentBody, button: string, parts: TableParts): Html {
  const { name, properties } = one
  const {
    question: { scope, reach, asked },
    formToken,
  } = parts
  const hidden = {
    ...{ scope: properties.scope, assignment: name, shown: scope, reach },
    ...(asked && { principal: asked.id }),
  }
  return actionForm({
    ...{ to: '/roles/remove', back: '/roles', formToken, button, danger: true },
    of: takenAway(one, parts),
    fields: Object.entries(hidden).map(
      ([field, value]) => html`<input type="hidden" name="${field}" value="${value}">`,
    ),
  })
}

/** Which role, and from whom. */
function takenAway(one: AssignmentBody, { names, known }: TableParts): string {
  const { principalId, scope } = one.properties
  const who = known.get(principalId)?.displayName ?? principalId
  return `${names.get(roleIdOf(one)) ?? roleIdOf(one)} from ${who} at ${scope}`
}

function giveForm({
  scope,
  principal,
  names,
  formToken,
}: {
  scope: string
  principal: string | undefined
  names: ReadonlyMap<string, string>
  formToken: string
}): Html {
  return actionForm({
    ...{ to: '/roles', back: '/roles', formToken, button: 'Give the role' },
    fields: html`${field('To whom (name, object id or client id)', html`<input name="principal" required value="${principal}" spellcheck="false">`)}
${field('Role', select('role', [...names], ROLE.reader))}
${field('Where', html`<input name="scope" required value="${scope}" size="40" spellcheck="false">`)}
${field('Why (shown in the list)', html`<input name="description" maxlength="1024">`)}`,
  })
}
