/**
 * One user-assigned identity: its ids, the servers that have it, who else may become it.
 *
 * @module
 */

import { FormFault } from '../form-fault.ts'
import { notice, type Sentence } from '../html/done.ts'
import { type Html, html } from '../html/html.ts'
import { actionForm, copyable, facts, link, pager, table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { fieldsOf } from '../html/typed-form.ts'
import { ifAllowed, mayDo, whoMay } from '../inner/allowed.ts'
import { ApiRefusal, unlessForbidden } from '../inner/api-refusal.ts'
import type { PortalApi } from '../inner/portal-api.ts'
import {
  groupIn,
  IDENTITY_PATH,
  MACHINE_PATH,
  pathOfId,
  resourcePath,
  versioned,
} from '../inner/resource-paths.ts'
import { action, type PageAnswer, type PageRequest, type PageRoute, page } from '../page.ts'
import { credentialTable, type ShownCredential } from './federated-credentials.ts'
import { orMissing, soughtIdentity } from './find/missing.ts'
import { findPrincipals, kindOf, resourceIdOf } from './principals.ts'
import { ROLE_DONE, rolesOf } from './role-table.ts'
import { checkTypedName, nameField } from './typed-name.ts'

const DONE: Readonly<Record<string, Sentence>> = {
  ...ROLE_DONE,
  made: 'The identity is made. Now say who has it.',
  assigned: ({ what }) => html`The machine ${shown(what)} has the identity.`,
  taken: ({ what }) => html`The machine ${shown(what)} has the identity no more.`,
  untrusted: ({ what }) => html`The federated credential ${shown(what)} is removed.`,
}

/** The page and its actions. */
export const IDENTITY: readonly PageRoute[] = [
  page(IDENTITY_PATH, (request) =>
    orMissing(request.api, soughtIdentity(request.params), identityPage(request)),
  ),
  action(`${IDENTITY_PATH}/assign`, (request) => assign(request, true)),
  action(`${IDENTITY_PATH}/unassign`, (request) => assign(request, false)),
  action(`${IDENTITY_PATH}/delete`, async ({ api, params, form }) => {
    checkTypedName(form, params.identityName ?? '')
    const path = versioned(resourcePath(IDENTITY_PATH, params), 'identities')
    await api.send('DELETE', path, { ifMatch: form.etag })
    return { redirect: link('/identities', { done: 'deleted', what: params.identityName }) }
  }),
]

async function identityPage(request: PageRequest): Promise<PageAnswer> {
  const { api, params, query, rights } = request
  const path = resourcePath(IDENTITY_PATH, params)
  const { body: identity, etag } = await api.read(versioned(path, 'identities'))
  const { principalId, clientId, tenantId } = identity.properties
  const [machines, credentials, roles] = await Promise.all([
    api
      .page(versioned(`${path}/listAssociatedResources`, 'identities', { $top: '50' }), query.after, 'POST')
      .catch(unlessForbidden),
    api.all(versioned(`${path}/federatedIdentityCredentials`, 'federatedCredentials')),
    rolesOf(request, { principalId, name: identity.name, resourceId: identity.id, path }),
  ])
  const place = { path, request }
  const change = {
    trust: ['trustIssuer', identity.id],
    distrust: ['distrustIssuer', identity.id],
  } as const
  return {
    title: identity.name,
    section: 'identities',
    body: html`${notice(DONE, query)}
${facts([
  ['Client id', copyable(clientId, 'the client id')],
  ['Object id', copyable(principalId, 'the object id')],
  ['Tenant id', copyable(tenantId, 'the tenant id')],
  ['Resource id', copyable(identity.id, 'the resource id')],
  ['Location', shown(identity.location)],
])}
<h2>Machines that have it</h2>
${machines ? machineTable(machines.value, place) : html`<p>${whoMay('listHolders')}</p>`}
${pager(path, {}, { next: machines?.next, after: query.after })}
<div id="assign">${ifAllowed(rights, ['assignIdentity', identity.id], assignForm(place, groupIn(identity.id)))}</div>
<h2>Who else may become it</h2>
${credentialTable(credentials.map(shownCredential), { path, request, change })}
<h2>Roles</h2>
${roles}
<h2>Delete it</h2>
<p>For ever: it is taken from every machine, and its ids never come back.</p>
${ifAllowed(rights, ['deleteIdentity', identity.id], deleteForm(place, etag))}`,
  }
}

/** A credential as the API shows it. */
interface CredentialBody {
  name: string
  properties: Omit<ShownCredential, 'name'>
}

function shownCredential({ name, properties }: CredentialBody): ShownCredential {
  return { name, ...properties }
}

interface Place {
  path: string
  request: PageRequest
}

function machineTable(
  machines: readonly { id: string; name: string }[],
  { path, request: { rights, formToken } }: Place,
): Html {
  return table({
    caption: 'Machines',
    head: ['Machine', 'Resource group', 'Change'],
    rows: machines.map(({ id, name }) => [
      html`<a href="${link(pathOfId(id))}">${shown(name)}</a>`,
      shown(groupIn(id)),
      mayDo(rights, 'changeMachine', id) &&
        actionForm({
          ...{
            to: `${path}/unassign`,
            back: path,
            formToken,
            button: 'Take away',
            of: `from ${name}`,
            danger: true,
          },
          fields: html`<input type="hidden" name="machineName" value="${name}"><input type="hidden" name="groupName" value="${groupIn(id)}">`,
        }),
    ]),
    empty: html`<p>No machine has it yet.</p>`,
  })
}

/** A link to it may fill it in, as that on the page of a machine does. */
function assignForm({ path, request: { formToken, typed, query } }: Place, usual: string): Html {
  const to = `${path}/assign`
  const { line } = fieldsOf(to, typed)
  const more = html` required`
  const { machine, group = usual } = query
  return actionForm({
    ...{ to, back: path, formToken, button: 'Assign' },
    fields: html`${line({ name: 'machineName', label: 'Name of the machine', usual: machine, more })}
${line({ name: 'groupName', label: 'Its resource group', usual: group, more })}`,
  })
}

function deleteForm({ path, request: { formToken, typed } }: Place, etag: string | undefined): Html {
  const to = `${path}/delete`
  return actionForm({
    ...{ to, back: path, formToken, etag, button: 'Delete', danger: true },
    fields: nameField(to, typed),
  })
}

async function assign({ api, params, form }: PageRequest, isAssigned: boolean): Promise<PageAnswer> {
  const path = resourcePath(IDENTITY_PATH, params)
  const machine = resourcePath(MACHINE_PATH, {
    ...params,
    groupName: form.groupName?.trim() ?? '',
    machineName: form.machineName?.trim() ?? '',
  })
  const userAssignedIdentities = { [decodeURIComponent(path)]: isAssigned ? {} : null }
  const identity = { type: 'SystemAssigned, UserAssigned', userAssignedIdentities }
  await api.send('PATCH', versioned(machine, 'machines'), { body: { identity } }).catch(async (error) => {
    throw (isAssigned && (await elsewhere(api, error, form))) || error
  })
  return { redirect: link(path, { done: isAssigned ? 'assigned' : 'taken', what: form.machineName?.trim() }) }
}

/** Where there is no such machine: the machines of this name in other resource groups, as far as the visitor may see them. */
async function elsewhere(
  api: PortalApi,
  error: unknown,
  { machineName = '', groupName = '' }: PageRequest['form'],
): Promise<FormFault | undefined> {
  if (!(error instanceof ApiRefusal) || error.status !== 404) return undefined
  const name = machineName.trim()
  const found = await findPrincipals(api, name)
  const machines = found.flatMap((one) => (kindOf(one) === 'machine' ? [resourceIdOf(one) ?? ''] : []))
  if (machines.length === 0)
    return new FormFault(
      'field_wrong',
      'machineName',
      html`Your account sees no machine with the name ${shown(name)}. The page <a href="${link('/machines')}">Machines</a> has the names.`,
    )
  return new FormFault(
    'field_wrong',
    'groupName',
    html`There is no machine ${shown(name)} in ${shown(groupName.trim())}. One of this name is in ${machines.map((id, index) => html`${index > 0 && ', in '}<a href="${link(pathOfId(id))}">${shown(groupIn(id))}</a>`)}. Type that resource group.`,
  )
}
