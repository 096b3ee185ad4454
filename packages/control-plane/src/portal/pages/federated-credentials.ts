/**
 * Federated credentials of an identity or an application: the list, and the guided forms. What differs between the two is in
 * `federated-principals.ts`.
 *
 * @see docs/federation.md
 * @module
 */

import { type Html, html } from '../html/html.ts'
import { actionForm, commandLine, field, link, table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import type { PortalApi } from '../inner/portal-api.ts'
import { action, type PageAnswer, type PageRequest, type PageRoute, page, type Section } from '../page.ts'
import { PortalError } from '../portal-error.ts'
import { GUIDES, type Guide, type Question, type Trust } from './federation-guides.ts'

type Params = PageRequest['params']

/** A kind of principal that other issuers' tokens may prove. */
export interface FederatedKind {
  noun: string
  section: Section
  /** The path of its page, with names in braces. */
  pattern: string
  pathOf(params: Params): string
  read(api: PortalApi, params: Params): Promise<FederatedPrincipal>
  write(api: PortalApi, params: Params, credential: { name: string; trust: Trust }): Promise<void>
  remove(api: PortalApi, params: Params, name: string): Promise<void>
}

/** One of them. */
export interface FederatedPrincipal {
  name: string
  clientId: string
  tenantId: string
}

/** A credential as tables show it. */
export interface ShownCredential {
  name: string
  issuer: string
  subject?: string
  claimsMatchingExpression?: { value: string }
  audiences: readonly string[]
}

/** The pages and actions for principals of `kind`. */
export function federationPages(kind: FederatedKind): readonly PageRoute[] {
  return [
    page(`${kind.pattern}/federate/{guide}`, (request) => guidePage(kind, request)),
    action(`${kind.pattern}/federate/{guide}`, (request) => trust(kind, request)),
    action(`${kind.pattern}/distrust`, async ({ api, params, form }) => {
      await kind.remove(api, params, form.credential ?? '')
      return { redirect: link(kind.pathOf(params), { done: 'untrusted' }) }
    }),
  ]
}

/** The list on the page at `path`, with the ways to more. */
export function credentialTable(
  credentials: readonly ShownCredential[],
  { path, formToken }: { path: string; formToken: string },
): Html {
  return html`${table({
    caption: 'Federated credentials',
    head: ['Name', 'Issuer', 'Subject', 'Audience', 'Change'],
    rows: credentials.map(({ name, issuer, subject, claimsMatchingExpression, audiences }) => [
      shown(name),
      shown(issuer),
      shown(subject ?? claimsMatchingExpression?.value),
      shown(audiences.join(', ')),
      actionForm({
        ...{ to: `${path}/distrust`, back: path, formToken, button: 'Remove', of: name, danger: true },
        fields: html`<input type="hidden" name="credential" value="${name}">`,
      }),
    ]),
    empty: html`<p>No job and no pod is trusted yet. A trusted one needs no secret: it presents the token of its own platform.</p>`,
  })}
<p class="links">Let it be used by ${Object.entries(GUIDES).map(
    ([guide, { label }]) => html`<a class="button" href="${link(`${path}/federate/${guide}`)}">${label}</a> `,
  )}</p>`
}

/** @throws {PortalError} `page_unknown`. */
function guideOf({ params: { guide = '' } }: PageRequest): Guide {
  const found = Object.hasOwn(GUIDES, guide) ? GUIDES[guide] : undefined
  if (!found) throw new PortalError('page_unknown')
  return found
}

async function guidePage(kind: FederatedKind, request: PageRequest): Promise<PageAnswer> {
  const { api, params, formToken } = request
  const guide = guideOf(request)
  const path = kind.pathOf(params)
  const { name } = await kind.read(api, params)
  return {
    title: `${name} and ${guide.label}`,
    section: kind.section,
    body: html`<p>Tokens of this issuer, with this subject and audience, become the ${kind.noun} <a href="${link(path)}">${shown(
      name,
    )}</a>. All three are compared letter by letter.</p>
${actionForm({
  to: `${path}/federate/${params.guide}`,
  back: path,
  formToken,
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

async function trust(kind: FederatedKind, request: PageRequest): Promise<PageAnswer> {
  const { api, params, form } = request
  const guide = guideOf(request)
  const answers = Object.fromEntries(Object.entries(form).map(([name, value]) => [name, value.trim()]))
  const written = guide.trust(answers)
  await kind.write(api, params, { name: answers.credential ?? '', trust: written })
  const principal = await kind.read(api, params)
  return {
    title: 'Now tell the other side',
    section: kind.section,
    body: html`<div class="notice good" role="status"><p>The credential is written. It trusts <code>${shown(written.subject)}</code> of <code>${shown(written.issuer)}</code>.</p></div>
${toldPart(guide, written, principal)}
<p>AZURE_AUTHORITY_HOST is the URL of this control plane. <a href="${link(kind.pathOf(params))}">Back to the ${kind.noun}</a></p>`,
  }
}

function toldPart(guide: Guide, { audience }: Trust, { tenantId, clientId }: FederatedPrincipal): Html {
  const told = guide.told(audience)
  return html`<h2>${told.title}</h2>
${commandLine(told.text, told.title)}
<h2>For the program there</h2>
${commandLine(
  `AZURE_TENANT_ID=${tenantId}\nAZURE_CLIENT_ID=${clientId}\nAZURE_FEDERATED_TOKEN_FILE=token`,
  'the variables',
)}`
}
