/**
 * Federated credentials of an identity or an application: the list, and the guided forms. What differs between the two is in
 * `federated-principals.ts`.
 *
 * @see docs/federation.md
 * @module
 */

import { FormFault } from '../form-fault.ts'
import { type Html, html } from '../html/html.ts'
import { actionForm, commandLine, link, table } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { fieldsOf } from '../html/typed-form.ts'
import { type Deed, ifAllowed, mayDo } from '../inner/allowed.ts'
import type { PortalApi } from '../inner/portal-api.ts'
import { action, type PageAnswer, type PageRequest, type PageRoute, page, type Section } from '../page.ts'
import { PortalError } from '../portal-error.ts'
import { faultIn, GUIDES, type Guide, type Trust } from './federation-guides.ts'

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
      return { redirect: link(kind.pathOf(params), { done: 'untrusted', what: form.credential }) }
    }),
  ]
}

/** What a change needs, and where. */
type Change = readonly [deed: Deed, scope: string]

/** The list on the page at `path`, with the ways to more. */
export function credentialTable(
  credentials: readonly ShownCredential[],
  {
    path,
    request: { rights, formToken },
    change,
  }: { path: string; request: PageRequest; change: { trust: Change; distrust: Change } },
): Html {
  return html`${table({
    caption: 'Federated credentials',
    head: ['Name', 'Issuer', 'Subject', 'Audience', 'Change'],
    rows: credentials.map(({ name, issuer, subject, claimsMatchingExpression, audiences }) => [
      shown(name),
      shown(issuer),
      shown(subject ?? claimsMatchingExpression?.value),
      shown(audiences.join(', ')),
      mayDo(rights, ...change.distrust) &&
        actionForm({
          ...{ to: `${path}/distrust`, back: path, formToken, button: 'Remove', of: name, danger: true },
          fields: html`<input type="hidden" name="credential" value="${name}">`,
        }),
    ]),
    empty: html`<p>No job and no pod is trusted yet. A trusted one needs no secret: it presents the token of its own platform.</p>`,
  })}
${ifAllowed(
  rights,
  change.trust,
  html`<p class="links">Let it be used by ${Object.entries(GUIDES).map(
    ([guide, { label }]) => html`<a class="button" href="${link(`${path}/federate/${guide}`)}">${label}</a> `,
  )}</p>`,
)}`
}

/** @throws {PortalError} `page_unknown`. */
function guideOf({ params: { guide = '' } }: PageRequest): Guide {
  const found = Object.hasOwn(GUIDES, guide) ? GUIDES[guide] : undefined
  if (!found) throw new PortalError('page_unknown')
  return found
}

async function guidePage(kind: FederatedKind, request: PageRequest): Promise<PageAnswer> {
  const { api, params, formToken, typed } = request
  const guide = guideOf(request)
  const path = kind.pathOf(params)
  const to = `${path}/federate/${params.guide}`
  const { line } = fieldsOf(to, typed)
  const { name } = await kind.read(api, params)
  return {
    title: `${name} and ${guide.label}`,
    section: kind.section,
    body: html`<p>Tokens of this issuer, with this subject and audience, become the ${kind.noun} <a href="${link(path)}">${shown(
      name,
    )}</a>. All three are compared letter by letter.</p>
${actionForm({
  ...{ to, back: to, formToken, button: 'Trust it' },
  fields: [
    line({ name: 'credential', label: 'A name for this credential', more: html` required` }),
    ...guide.questions.map(({ name, label, usual, isOptional }) =>
      line({ name, label, usual, more: html` size="50"${!isOptional && html` required`}` }),
    ),
  ],
})}`,
  }
}

async function trust(kind: FederatedKind, request: PageRequest): Promise<PageAnswer> {
  const { api, params, form } = request
  const guide = guideOf(request)
  const answers = Object.fromEntries(Object.entries(form).map(([name, value]) => [name, value.trim()]))
  const fault = faultIn(guide, answers)
  if (fault) throw new FormFault('field_wrong', fault.field, fault.advice)
  const written = guide.trust(answers)
  await kind.write(api, params, { name: answers.credential ?? '', trust: written })
  const principal = await kind.read(api, params)
  return {
    title: 'Now tell the other side',
    section: kind.section,
    body: html`<div class="notice good" role="status"><p>The credential is written. It trusts <code>${shown(written.subject)}</code> of <code>${shown(written.issuer)}</code>.</p></div>
${toldPart(guide, written, { principal, origin: request.origin })}
<p><a href="${link(kind.pathOf(params))}">Back to the ${kind.noun}</a></p>`,
  }
}

function toldPart(
  guide: Guide,
  { audience }: Trust,
  { principal: { tenantId, clientId }, origin }: { principal: FederatedPrincipal; origin: string },
): Html {
  const told = guide.told(audience)
  return html`<h2>${told.title}</h2>
${commandLine(told.text, told.title)}
<h2>For the program there</h2>
${commandLine(
  // Some tools insist on the slash.
  `AZURE_AUTHORITY_HOST=${origin}/\nAZURE_TENANT_ID=${tenantId}\nAZURE_CLIENT_ID=${clientId}\nAZURE_FEDERATED_TOKEN_FILE=token`,
  'the variables',
)}`
}
