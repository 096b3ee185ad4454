/**
 * The federated credentials of an identity: the list, and the guided forms.
 *
 * @see docs/federation.md
 * @module
 */

import { type Html, html } from '../html/html.ts'
import { actionForm, commandLine, field, link, table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { IDENTITY_PATH, nameIn, resourcePath, versioned } from '../inner/resource-paths.ts'
import { action, type PageAnswer, type PageRequest, type PageRoute, page } from '../page.ts'
import { PortalError } from '../portal-error.ts'
import { GUIDES, type Guide, type Question } from './federation-guides.ts'

/** A credential as the API shows it. */
export interface CredentialBody {
  name: string
  properties: {
    issuer: string
    subject?: string
    claimsMatchingExpression?: { value: string }
    audiences: readonly string[]
  }
}

/** The pages and actions. */
export const FEDERATED_CREDENTIALS: readonly PageRoute[] = [
  page(`${IDENTITY_PATH}/federate/{kind}`, async (request) => guidePage(request)),
  action(`${IDENTITY_PATH}/federate/{kind}`, (request) => trust(request)),
  action(`${IDENTITY_PATH}/distrust`, async ({ api, params, form }) => {
    const path = resourcePath(IDENTITY_PATH, params)
    await api.send('DELETE', credentialPath(path, form.credential))
    return { redirect: link(path, { done: 'untrusted' }) }
  }),
]

function credentialPath(path: string, name = ''): string {
  return versioned(`${path}/federatedIdentityCredentials/${encodeURIComponent(name)}`, 'federatedCredentials')
}

/** The list on the page of the identity, with the ways to more. */
export function credentialTable(
  credentials: readonly CredentialBody[],
  { path, formToken }: { path: string; formToken: string },
): Html {
  return html`${table({
    caption: 'Federated credentials',
    head: ['Name', 'Issuer', 'Subject', 'Audience', 'Change'],
    rows: credentials.map(({ name, properties }) => [
      shown(name),
      shown(properties.issuer),
      shown(properties.subject ?? properties.claimsMatchingExpression?.value),
      shown(properties.audiences.join(', ')),
      actionForm({
        ...{ to: `${path}/distrust`, back: path, formToken, button: 'Remove', danger: true },
        fields: html`<input type="hidden" name="credential" value="${name}">`,
      }),
    ]),
    empty: html`<p>No job and no pod may. One that may needs no secret: it shows the token of its own platform.</p>`,
  })}
<p>Let it be used by ${Object.entries(GUIDES).map(
    ([kind, { label }]) => html`<a class="button" href="${link(`${path}/federate/${kind}`)}">${label}</a> `,
  )}</p>`
}

/** @throws {PortalError} `page_unknown`. */
function guideOf({ params }: PageRequest): Guide {
  const guide = Object.hasOwn(GUIDES, params.kind ?? '') ? GUIDES[params.kind ?? ''] : undefined
  if (!guide) throw new PortalError('page_unknown')
  return guide
}

function guidePage(request: PageRequest): PageAnswer {
  const guide = guideOf(request)
  const path = resourcePath(IDENTITY_PATH, request.params)
  return {
    title: `${nameIn(decodeURIComponent(path))} and ${guide.label}`,
    section: 'identities',
    body: html`<p>Tokens of this issuer, with this subject and audience, become the identity <a href="${link(path)}">${shown(
      nameIn(decodeURIComponent(path)),
    )}</a>. All three are compared letter by letter.</p>
${actionForm({
  to: `${path}/federate/${request.params.kind}`,
  back: path,
  formToken: request.formToken,
  button: 'Trust it',
  fields: [
    field('A name for this credential', html`<input name="credential" required spellcheck="false">`),
    ...guide.questions.map(ask),
  ],
})}`,
  }
}

function ask({ name, label, usual, isOptional }: Question): Html {
  return field(
    label,
    html`<input name="${name}" value="${usual}" size="50" spellcheck="false"${!isOptional && html` required`}>`,
  )
}

async function trust(request: PageRequest): Promise<PageAnswer> {
  const { api, params, form } = request
  const guide = guideOf(request)
  const path = resourcePath(IDENTITY_PATH, params)
  const answers = Object.fromEntries(Object.entries(form).map(([name, value]) => [name, value.trim()]))
  const { issuer, subject, audience } = guide.trust(answers)
  const properties = { issuer, subject, audiences: [audience] }
  await api.send('PUT', credentialPath(path, answers.credential), { body: { properties } })
  const { body } = await api.read(versioned(path, 'identities'))
  const told = guide.told(audience)
  return {
    title: 'Now tell the other side',
    section: 'identities',
    body: html`<div class="notice good" role="status"><p>The credential is written. It trusts <code>${shown(subject)}</code> of <code>${shown(issuer)}</code>.</p></div>
<h2>${told.title}</h2>
${commandLine(told.text, told.title)}
<h2>For the program there</h2>
${commandLine(
  `AZURE_TENANT_ID=${body.properties.tenantId}\nAZURE_CLIENT_ID=${body.properties.clientId}\nAZURE_FEDERATED_TOKEN_FILE=token`,
  'the variables',
)}
<p>AZURE_AUTHORITY_HOST is the URL of this control plane. <a href="${link(path)}">Back to the identity</a></p>`,
  }
}
