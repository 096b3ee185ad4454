/**
 * Role assignments: who can do something here, what one principal can do, giving and taking.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { ROLE } from '../../authorization/role-definitions.ts'
import { type Html, html } from '../html/html.ts'
import { actionForm, field, link, notice, pager, select, table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { unlessForbidden } from '../inner/api-refusal.ts'
import type { ApiPage } from '../inner/portal-api.ts'
import { pathOfId, subscriptionFor, versioned } from '../inner/resource-paths.ts'
import { action, type PageAnswer, type PageRequest, type PageRoute, page } from '../page.ts'
import { findPrincipal, type PrincipalBody, principalLink, principalsOf } from './principals.ts'
import { type AssignmentBody, roleIdOf, roleNames } from './role-table.ts'

const ASSIGNMENTS = '/providers/Microsoft.Authorization/roleAssignments'
const DEFINITIONS = '/providers/Microsoft.Authorization/roleDefinitions'

const DONE: Readonly<Record<string, string>> = {
  given: 'The role is given. It counts from the next request on.',
  taken: 'The role is taken away. It counts no more from the next request on.',
}

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
    return { redirect: link('/roles', { scope: form.shown, done: 'taken' }) }
  }),
]

async function rolesPage(request: PageRequest): Promise<PageAnswer> {
  const { api, query } = request
  const scope = query.scope ? scopeIn(query) : await usualScope(request)
  const principal = query.principal ? await findPrincipal(api, query.principal) : undefined
  const id = principal?.id ?? query.principal
  const filter = query.principal ? { $filter: `principalId eq '${(id ?? '').replaceAll("'", "''")}'` } : {}
  const [list, names] = await Promise.all([
    api.page(versioned(at(scope, ASSIGNMENTS), 'roles', filter), query.after).catch(unlessForbidden),
    roleNames(api, at(scope, '')).catch(unlessForbidden),
  ])
  return {
    title: 'Roles',
    section: 'roles',
    body: html`${notice(DONE, query.done)}
${searchForm(scope, query.principal)}
${list && names ? await assignments(list, { request, scope, names }) : html`<p>Your account may not see the roles there. Type a scope that it may see, such as that of a resource group.</p>`}`,
  }
}

async function assignments(
  { value, next }: ApiPage,
  { request, scope, names }: { request: PageRequest; scope: string; names: ReadonlyMap<string, string> },
): Promise<Html> {
  const { api, query, formToken } = request
  const known = await principalsOf(
    api,
    value.map(({ properties }) => properties.principalId),
  )
  return html`<p>A role at a scope counts for everything below it. The list has the roles at, above and below <code>${shown(scope)}</code>.</p>
${assignmentTable(value, { names, known, scope, formToken })}
${pager('/roles', query, { next, after: query.after })}
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

function searchForm(scope: string, principal: string | undefined): Html {
  return html`<form method="get" action="/portal/roles" class="filter" role="search">
${field('Where', html`<input name="scope" value="${scope}" size="40" spellcheck="false">`)}
${field('Who (name, object id or client id)', html`<input name="principal" value="${principal}" spellcheck="false">`)}
<button>Show</button>
</form>`
}

interface TableParts {
  names: ReadonlyMap<string, string>
  known: ReadonlyMap<string, PrincipalBody>
  scope: string
  formToken: string
}

function assignmentTable(
  assignments: readonly AssignmentBody[],
  { names, known, scope, formToken }: TableParts,
): Html {
  return table({
    caption: 'Role assignments',
    head: ['Who', 'Role', 'Where', 'Description', 'Change'],
    rows: assignments.map((one) => [
      principalLink(one.properties.principalId, known),
      shown(names.get(roleIdOf(one)) ?? roleIdOf(one)),
      shown(one.properties.scope),
      shown(one.properties.description),
      actionForm({
        ...{ to: '/roles/remove', back: '/roles', formToken, button: 'Take away', danger: true },
        fields: html`<input type="hidden" name="scope" value="${one.properties.scope}"><input type="hidden" name="assignment" value="${one.name}"><input type="hidden" name="shown" value="${scope}">`,
      }),
    ]),
    empty: html`<p>No principal has a role here. The form below gives one.</p>`,
  })
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
