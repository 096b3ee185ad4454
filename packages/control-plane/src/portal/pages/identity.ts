/**
 * One user-assigned identity: its ids, the servers that have it, who else may become it.
 *
 * @module
 */

import { notice } from '../html/done.ts'
import { type Html, html } from '../html/html.ts'
import { actionForm, copyable, facts, field, link, pager, table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
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
import { checkTypedName } from './machine/machine-actions.ts'
import { rolesOf } from './role-table.ts'

const DONE: Readonly<Record<string, string>> = {
  made: 'The identity is made. Now say who has it.',
  assigned: 'The machine has the identity.',
  taken: 'The machine has the identity no more.',
  untrusted: 'The credential is removed.',
}

/** The page and its actions. */
export const IDENTITY: readonly PageRoute[] = [
  page(IDENTITY_PATH, (request) => identityPage(request)),
  action(`${IDENTITY_PATH}/assign`, (request) => assign(request, true)),
  action(`${IDENTITY_PATH}/unassign`, (request) => assign(request, false)),
  action(`${IDENTITY_PATH}/delete`, async ({ api, params, form }) => {
    checkTypedName(form, params.identityName ?? '')
    const path = versioned(resourcePath(IDENTITY_PATH, params), 'identities')
    await api.send('DELETE', path, { ifMatch: form.etag })
    return { redirect: link('/identities', { done: 'deleted' }) }
  }),
]

async function identityPage({ api, params, query, formToken }: PageRequest): Promise<PageAnswer> {
  const path = resourcePath(IDENTITY_PATH, params)
  const { body: identity, etag } = await api.read(versioned(path, 'identities'))
  const { principalId, clientId, tenantId } = identity.properties
  const [machines, credentials, roles] = await Promise.all([
    api.page(versioned(`${path}/listAssociatedResources`, 'identities', { $top: '50' }), query.after, 'POST'),
    api.all(versioned(`${path}/federatedIdentityCredentials`, 'federatedCredentials')),
    rolesOf(api, identity.id, principalId),
  ])
  return {
    title: identity.name,
    section: 'identities',
    body: html`${notice(DONE, query.done)}
${facts([
  ['Client id', copyable(clientId, 'the client id')],
  ['Object id', copyable(principalId, 'the object id')],
  ['Tenant id', copyable(tenantId, 'the tenant id')],
  ['Resource id', copyable(identity.id, 'the resource id')],
  ['Location', shown(identity.location)],
])}
<h2>Machines that have it</h2>
${machineTable(machines.value, { path, formToken })}
${pager(path, {}, { next: machines.next, after: query.after })}
${assignForm({ path, formToken, group: groupIn(identity.id) })}
<h2>Who else may become it</h2>
${credentialTable(credentials.map(shownCredential), { path, formToken })}
<h2>Roles</h2>
${roles}
<h2>End</h2>
${deleteForm({ path, formToken, etag })}`,
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
  formToken: string
}

function machineTable(machines: readonly { id: string; name: string }[], { path, formToken }: Place): Html {
  return table({
    caption: 'Machines',
    head: ['Machine', 'Resource group', 'Change'],
    rows: machines.map(({ id, name }) => [
      html`<a href="${link(pathOfId(id))}">${shown(name)}</a>`,
      shown(groupIn(id)),
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

function assignForm({ path, formToken, group }: Place & { group: string }): Html {
  return actionForm({
    ...{ to: `${path}/assign`, back: path, formToken, button: 'Assign' },
    fields: html`${field('Name of the machine', html`<input name="machineName" required spellcheck="false">`)}
${field('Its resource group', html`<input name="groupName" required value="${group}" spellcheck="false">`)}`,
  })
}

function deleteForm({ path, formToken, etag }: Place & { etag: string | undefined }): Html {
  return html`<p>For ever: it is taken from every machine, and its ids never come back.</p>
${actionForm({
  ...{ to: `${path}/delete`, back: path, formToken, etag, button: 'Delete', danger: true },
  fields: field(
    'Type its name to delete it',
    html`<input name="name" required autocomplete="off" spellcheck="false">`,
  ),
})}`
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
  await api.send('PATCH', versioned(machine, 'machines'), { body: { identity } })
  return { redirect: link(path, { done: isAssigned ? 'assigned' : 'taken' }) }
}
