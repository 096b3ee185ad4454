/**
 * Role assignments: who can do something here, what one principal can do, giving and taking.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { findRoleDefinition, ROLE } from '../../authorization/role-definitions.ts'
import { parseScope } from '../../authorization/scope.ts'
import { FormFault } from '../form-fault.ts'
import { notice, type Sentence, untold } from '../html/done.ts'
import { type Html, html } from '../html/html.ts'
import {
  actionForm,
  field,
  fillLink,
  link,
  pager,
  pathWith,
  searchField,
  select,
  table,
} from '../html/parts.ts'
import { plain, shown } from '../html/shown-text.ts'
import { fieldsOf } from '../html/typed-form.ts'
import { ifAllowed, mayDo } from '../inner/allowed.ts'
import { ApiRefusal, unlessForbidden } from '../inner/api-refusal.ts'
import type { ApiPage } from '../inner/portal-api.ts'
import { pathOfId, subscriptionFor, versioned } from '../inner/resource-paths.ts'
import { action, type PageAnswer, type PageRequest, type PageRoute, page } from '../page.ts'
import { backTo } from '../session/return-path.ts'
import { type MeantPrincipal, meantBy, readPrincipal } from './principal-field.ts'
import { type PrincipalBody, principalLink, principalsOf, quoted } from './principals.ts'
import {
  type AssignmentBody,
  ROLE_DONE,
  roleIdOf,
  roleNames,
  type TakenRole,
  takeForm,
} from './role-table.ts'
import { rolesInWords } from './role-words.ts'

const ASSIGNMENTS = '/providers/Microsoft.Authorization/roleAssignments'
const DEFINITIONS = '/providers/Microsoft.Authorization/roleDefinitions'

/** More would hide the form. */
const LINKED_GROUPS = { $top: '12' } as const

const NO_SCOPE =
  'There is no such place. Write it as the pages show it, such as /subscriptions/ID/resourceGroups/NAME, or / for everything.'

const DONE: Readonly<Record<string, Sentence>> = {
  ...ROLE_DONE,
  given: ({ what, whose, where }) =>
    html`The role ${shown(what)} at ${shown(where)} is given to ${shown(whose)}. It counts from the next request on.`,
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
    if (!parseScope(scope)) throw new FormFault('field_wrong', 'scope', NO_SCOPE)
    const { id: principalId, principal } = await readPrincipal(api, form.principal ?? '')
    const roleDefinitionId = `${DEFINITIONS}/${form.role}`
    const description = form.description?.trim()
    const properties = { roleDefinitionId, principalId, ...(description && { description }) }
    const path = versioned(at(scope, `${ASSIGNMENTS}/${randomUUID()}`), 'roles')
    await api.send('PUT', path, { body: { properties } }).catch(throwFieldFault)
    const what = findRoleDefinition(form.role ?? '')?.roleName ?? form.role
    const whose = principal?.displayName ?? principalId
    return { redirect: link('/roles', { scope, done: 'given', what, whose, where: scope }) }
  }),
  action('/roles/remove', async ({ api, form }) => {
    const scope = scopeIn(form)
    await api.send(
      'DELETE',
      versioned(at(scope, `${ASSIGNMENTS}/${encodeURIComponent(form.assignment ?? '')}`), 'roles'),
    )
    const { what, whose } = form
    return { redirect: backTo(form, { done: 'role-taken', what, whose, where: scope }) }
  }),
]

/** Which field a refusal is about. */
const FIELDS: Readonly<Record<string, string>> = {
  RoleAssignmentExists: 'principal',
  ResourceGroupNotFound: 'scope',
  ResourceNotFound: 'scope',
  SubscriptionNotFound: 'scope',
}

function throwFieldFault(error: unknown): never {
  const field = error instanceof ApiRefusal ? FIELDS[error.code] : undefined
  throw field === undefined ? error : new FormFault('field_wrong', field, (error as ApiRefusal).message)
}

/** What the list is asked for. */
interface Question {
  scope: string
  reach: Reach
  asked: MeantPrincipal | undefined
}

async function rolesPage(request: PageRequest): Promise<PageAnswer> {
  const { api, query } = request
  const question = {
    scope: query.scope ? scopeIn(query) : await usualScope(request),
    reach: reachOf(query),
    asked: query.principal ? await meantBy(api, query.principal) : undefined,
  }
  const { scope } = question
  if (!parseScope(scope)) {
    return {
      title: 'Roles',
      section: 'roles',
      status: 400,
      body: searchForm(question, query.principal, NO_SCOPE),
    }
  }
  const [list, names] = await Promise.all([
    api
      .page(versioned(at(scope, ASSIGNMENTS), 'roles', { $filter: filterOf(question) }), query.after)
      .catch(unlessForbidden),
    roleNames(api, at(scope, '')).catch(unlessForbidden),
  ])
  return {
    title: 'Roles',
    section: 'roles',
    body: html`${notice(DONE, query)}
${searchForm(question, query.principal)}
${list && names ? await assignments(list, { request, question, names }) : html`<p>Your account may not see the roles there. Type a scope that it may see, such as that of a resource group.</p>`}`,
  }
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
  const { api, query } = request
  const { scope, reach } = question
  const ids = value.map(({ properties }) => properties.principalId)
  const known = await principalsOf(api, ids)
  const places = mayDo(request.rights, 'giveRole', scope) ? await placesNear(request, scope) : []
  return html`<p>A role at a scope counts for everything below it. The list has the roles ${reach === 'above' ? 'at and above' : 'at, above and below'} <code>${shown(scope)}</code>.</p>
${assignmentTable(value, { names, known, question, request })}
${pager('/roles', query, { next, after: query.after })}
${rolesInWords(names)}
<h2>Give a role</h2>
${ifAllowed(request.rights, ['giveRole', scope], giveForm({ scope, names, places, request }))}`
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

/** A place that a role may be given at. */
interface Place {
  label: Html | string
  scope: string
}

/** The subscription of `scope`, or the usual one, and the first of its groups. */
async function placesNear(request: PageRequest, scope: string): Promise<readonly Place[]> {
  const [, subscription = await usualScope(request)] = /^(\/subscriptions\/[^/]+)/i.exec(scope) ?? []
  if (subscription === '/') return []
  const path = versioned(at(subscription, '/resourceGroups'), 'resourceGroups', LINKED_GROUPS)
  const groups = await request.api.page(path).catch(unlessForbidden)
  return [
    { label: 'the whole subscription', scope: subscription },
    ...(groups?.value.map(({ id, name }) => ({ label: shown(name), scope: id })) ?? []),
  ]
}

function searchForm({ scope, reach }: Question, principal: string | undefined, wrong?: string): Html {
  return html`<form method="get" action="/portal/roles" class="filter" role="search">
${searchField('Where', { name: 'scope', value: scope, more: html` size="40"` }, wrong)}
${field('Roles', select('reach', REACHES, reach))}
${field('Who (name, object id or client id)', html`<input name="principal" value="${principal}" spellcheck="false">`)}
<button>Show</button>
</form>`
}

interface TableParts {
  names: ReadonlyMap<string, string>
  known: ReadonlyMap<string, PrincipalBody>
  question: Question
  request: PageRequest
}

function assignmentTable(rows: readonly AssignmentBody[], parts: TableParts): Html {
  const { asked } = parts.question
  return asked ? tableOfOne(rows, asked, parts) : tableOfAll(rows, parts)
}

function tableOfAll(rows: readonly AssignmentBody[], parts: TableParts): Html {
  return table({
    caption: 'Role assignments',
    head: ['Who', 'Role', 'Where', 'Why', 'Change'],
    rows: rows.map((one) => [
      principalLink(one.properties.principalId, parts.known),
      roleName(one, parts),
      shown(one.properties.scope),
      shown(one.properties.description),
      takeForm(one, takenFrom(one, parts)),
    ]),
    empty: html`<p>No principal has a role here. The form below gives one.</p>`,
  })
}

/** A role of a group counts for a person as long as the person is in it. */
function tableOfOne(rows: readonly AssignmentBody[], asked: MeantPrincipal, parts: TableParts): Html {
  return table({
    caption: `Roles of ${plain(asked.principal?.displayName ?? asked.id)}`,
    head: ['Role', 'Where', 'Through', 'Why', 'Change'],
    rows: rows.map((one) => {
      const { principalId, scope, description } = one.properties
      const isOwn = principalId === asked.id.toLowerCase()
      return [
        roleName(one, parts),
        shown(scope),
        isOwn ? 'given to itself' : html`the group ${principalLink(principalId, parts.known)}`,
        shown(description),
        takeForm(one, {
          ...takenFrom(one, parts),
          ...(!isOwn && { button: 'Take away from the whole group' }),
        }),
      ]
    }),
    empty: html`<p>${nothingOf(asked, parts.question)}</p>`,
  })
}

function nothingOf({ id, principal, fault }: MeantPrincipal, { reach }: Question): Html {
  if (fault) return fault
  const places = reach === 'above' ? 'here or above' : 'here, above or below'
  return html`${shown(principal?.displayName ?? id)} has no role ${places}, neither itself nor through a group. The form below gives one.`
}

function roleName(one: AssignmentBody, { names }: TableParts): Html | string {
  return shown(names.get(roleIdOf(one)) ?? roleIdOf(one))
}

/** Which role, from whom, and the list to come back to. */
function takenFrom(one: AssignmentBody, { names, known, question, request }: TableParts): TakenRole {
  const { scope, reach, asked } = question
  const { principalId } = one.properties
  return {
    request,
    back: pathWith('/roles', { scope, principal: asked?.id, reach }),
    whose: known.get(principalId)?.displayName ?? principalId,
    what: names.get(roleIdOf(one)),
  }
}

function giveForm({
  scope,
  names,
  places,
  request: { query, formToken, typed },
}: {
  scope: string
  names: ReadonlyMap<string, string>
  places: readonly Place[]
  request: PageRequest
}): Html {
  const { line, heldBy } = fieldsOf('/roles', typed)
  const [required, isLong] = [html` required`, html` required size="40"`]
  const whom = 'To whom (name, object id or client id)'
  return actionForm({
    ...{ to: '/roles', back: pathWith('/roles', untold(query)), formToken, button: 'Give the role' },
    fields: html`${line({ name: 'principal', label: whom, usual: query.principal, more: required })}
${field('Role', select('role', [...names], heldBy('role', ROLE.reader)))}
${line({ name: 'scope', label: 'Where', usual: scope, more: isLong })}
${places.length > 0 && html`<p class="links">There are:${places.map((place) => html` ${fillLink(place.label, { scope: place.scope }, link('/roles', { principal: query.principal, scope: place.scope }))}`)}</p>`}
${line({ name: 'description', label: 'Why (the list above shows it)', more: html` maxlength="1024"` })}`,
  })
}
