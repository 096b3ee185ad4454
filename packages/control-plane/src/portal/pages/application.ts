/**
 * One application: how it signs in, what it may do, and its end.
 *
 * @module
 */

import { notice, type Sentence } from '../html/done.ts'
import { type Html, html } from '../html/html.ts'
import {
  actionForm,
  commandLine,
  copyable,
  dueWhen,
  exactTime,
  facts,
  field,
  happened,
  link,
  select,
  table,
} from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { ifAllowed, mayDo } from '../inner/allowed.ts'
import { subscriptionFor } from '../inner/resource-paths.ts'
import { action, type PageAnswer, type PageRequest, type PageRoute, page } from '../page.ts'
import { applicationApiPath, applicationPath } from './applications.ts'
import { credentialTable } from './federated-credentials.ts'
import { orMissing, soughtApplication } from './find/missing.ts'
import { ROLE_DONE, rolesOf } from './role-table.ts'
import { checkTypedName, nameField } from './typed-name.ts'

const DONE: Readonly<Record<string, Sentence>> = {
  ...ROLE_DONE,
  made: 'The application is made. It needs a secret or a certificate, and a role.',
  disable: 'The application gets no more tokens, and its sessions here are over.',
  enable: 'The application gets tokens again.',
  removed: ({ what }) => html`The ${shown(what)} proves nothing any more.`,
  certificate: 'The certificate is registered.',
  untrusted: ({ what }) => html`The federated credential ${shown(what)} is removed.`,
}

/** What a change of an application needs, and where. */
const CHANGE = ['changeAccounts', '/'] as const

const DAY_SECONDS = 86_400

const LIFETIMES = [30, 90, 180, 365, 730].map((days) => [String(days * DAY_SECONDS), `${days} days`] as const)

/** The page and its actions. */
export const APPLICATION: readonly PageRoute[] = [
  page('/applications/{principalId}', (request) =>
    orMissing(request.api, soughtApplication(request.params), applicationPage(request)),
  ),
  ...(['disable', 'enable'] as const).map((verb) =>
    action(`/applications/{principalId}/${verb}`, async ({ api, params }) => {
      await api.send('POST', `${applicationApiPath(params)}/${verb}`)
      return { redirect: link(applicationPath(params), { done: verb }) }
    }),
  ),
  action('/applications/{principalId}/secrets', (request) => makeSecret(request)),
  action('/applications/{principalId}/certificates', async ({ api, params, form }) => {
    const subjectName = form.subjectName?.trim()
    const body = { certificate: form.certificate ?? '', ...(subjectName && { subjectName }) }
    await api.send('POST', `${applicationApiPath(params)}/certificates`, { body })
    return { redirect: link(applicationPath(params), { done: 'certificate' }) }
  }),
  ...(['secrets', 'certificates'] as const).map((kind) =>
    action(`/applications/{principalId}/${kind}/{credentialId}/remove`, async ({ api, params, form }) => {
      const id = encodeURIComponent(params.credentialId ?? '')
      await api.send('DELETE', `${applicationApiPath(params)}/${kind}/${id}`)
      return { redirect: link(applicationPath(params), { done: 'removed', what: form.what }) }
    }),
  ),
  action('/applications/{principalId}/delete', async ({ api, params, form }) => {
    const { displayName } = await api.get(applicationApiPath(params))
    checkTypedName(form, displayName)
    await api.send('DELETE', applicationApiPath(params))
    return { redirect: link('/applications', { done: 'deleted', what: displayName }) }
  }),
]

async function applicationPage(request: PageRequest): Promise<PageAnswer> {
  const { api, params, query, time } = request
  const application = await api.get(applicationApiPath(params))
  const { chosen } = await subscriptionFor(api, undefined)
  const { displayName, state, clientId, principalId, tenantId, createdAt } = application
  const resourceId = `/subscriptions/${chosen?.subscriptionId}`
  const path = applicationPath(params)
  const roles = await rolesOf(request, { principalId, name: displayName, resourceId, path })
  return {
    title: displayName,
    section: 'applications',
    body: html`${notice(DONE, query)}
<p><span class="badge ${state === 'enabled' ? 'good' : 'off'}">${state}</span></p>
${facts([
  ['Client id', copyable(clientId, 'the client id')],
  ['Object id', copyable(principalId, 'the object id')],
  ['Tenant id', copyable(tenantId, 'the tenant id')],
  ['Made', happened(createdAt, time)],
])}
<h2>Secrets</h2>
${secrets(application, request)}
<h2>Certificates</h2>
${certificates(application, request)}
<h2>Who else may become it</h2>
${credentialTable(application.federatedCredentials, { path, request, change: { trust: CHANGE, distrust: CHANGE } })}
<h2>Roles</h2>
${roles}
<h2>Disable or delete it</h2>
${ends(application, request)}`,
  }
}

// biome-ignore lint/suspicious/noExplicitAny: an application, as the API writes it.
type ApplicationBody = any

function secrets({ secrets: all }: ApplicationBody, { params, formToken, time, rights }: PageRequest): Html {
  const back = applicationPath(params)
  return html`${table({
    caption: 'Secrets',
    head: ['Name', 'Begins with', 'Ends', 'Change'],
    rows: (all as ApplicationBody[]).map(({ id, displayName, hint, expiresAt }) => [
      shown(displayName),
      html`<code>${shown(hint)}</code>`,
      dueWhen(expiresAt, time),
      mayDo(rights, ...CHANGE) &&
        actionForm({
          ...{ to: `${back}/secrets/${id}/remove`, back, formToken },
          ...removal(`secret ${displayName}`),
        }),
    ]),
    empty: html`<p>It has no secret.</p>`,
  })}
${ifAllowed(
  rights,
  CHANGE,
  actionForm({
    ...{ to: `${back}/secrets`, back, formToken, button: 'Make a secret' },
    fields: html`${field('Name', html`<input name="displayName" value="secret" required>`)}
${field('Good for', select('lifetimeSeconds', LIFETIMES, String(180 * DAY_SECONDS)))}`,
  }),
)}`
}

function certificates(
  { certificates: all }: ApplicationBody,
  { params, formToken, time, rights }: PageRequest,
): Html {
  const back = applicationPath(params)
  return html`${table({
    caption: 'Certificates',
    head: ['Thumbprint (x5t#S256)', 'Kind', 'Ends', 'Change'],
    rows: (all as ApplicationBody[]).map((one) => [
      html`<code>${one['x5t#S256']}</code>`,
      html`${one.kind} ${one.subjectName !== undefined && shown(one.subjectName)}`,
      dueWhen(one.expiresAt, time),
      mayDo(rights, ...CHANGE) &&
        actionForm({
          ...{ to: `${back}/certificates/${one.id}/remove`, back, formToken },
          ...removal(`certificate ${one['x5t#S256']}`),
        }),
    ]),
    empty: html`<p>It has no certificate.</p>`,
  })}
${ifAllowed(rights, CHANGE, registerForm(back, formToken))}`
}

function registerForm(back: string, formToken: string): Html {
  return html`<details><summary>Register a certificate</summary>
${actionForm({
  ...{ to: `${back}/certificates`, back, formToken, button: 'Register' },
  fields: html`${field('The certificate (PEM). Its private key stays where it is.', html`<textarea name="certificate" rows="8" required spellcheck="false"></textarea>`)}
${field('For a certificate authority: the subject that it may vouch for', html`<input name="subjectName" spellcheck="false">`)}`,
})}</details>`
}

/** What a form for it says, and what it is told of afterwards. */
function removal(
  what: string,
): Pick<Parameters<typeof actionForm>[0], 'button' | 'of' | 'danger' | 'fields'> {
  const fields = html`<input type="hidden" name="what" value="${what}">`
  return { button: 'Remove', of: `the ${what}`, danger: true, fields }
}

function ends({ state }: ApplicationBody, { params, formToken, rights, typed }: PageRequest): Html {
  const back = applicationPath(params)
  const verb = state === 'enabled' ? 'disable' : 'enable'
  return html`<div class="actions">
<section><h3>${verb === 'disable' ? 'Disable' : 'Enable'}</h3>
<p>${verb === 'disable' ? 'It gets no more tokens until it is enabled.' : 'It gets tokens again.'}</p>
${ifAllowed(rights, CHANGE, actionForm({ to: `${back}/${verb}`, back, formToken, button: verb === 'disable' ? 'Disable' : 'Enable', danger: verb === 'disable' }))}</section>
<section><h3>Delete</h3><p>For ever, with its credentials and roles.</p>
${ifAllowed(
  rights,
  CHANGE,
  actionForm({
    ...{ to: `${back}/delete`, back, formToken, button: 'Delete', danger: true },
    fields: nameField(`${back}/delete`, typed),
  }),
)}</section></div>`
}

async function makeSecret({ api, params, form }: PageRequest): Promise<PageAnswer> {
  const body = { displayName: form.displayName ?? 'secret', lifetimeSeconds: Number(form.lifetimeSeconds) }
  const made = await api.send('POST', `${applicationApiPath(params)}/secrets`, { body })
  return {
    title: 'A new secret',
    section: 'applications',
    address: link(applicationPath(params)),
    body: html`<div class="notice good" role="status"><p>The secret is shown only once, now. Put it where it belongs.</p></div>
${commandLine(made.secret, 'the secret')}
<p>It ends ${exactTime(made.expiresAt)}. <a href="${link(applicationPath(params))}">Back to the application</a></p>`,
  }
}
