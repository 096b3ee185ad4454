/**
 * What a form sent that was refused, in the words of the form, so that a text which was typed is not lost.
 *
 * @module
 */

import { findRoleDefinition } from '../authorization/role-definitions.ts'
import { type Html, html } from './html/html.ts'
import { plain, shown } from './html/shown-text.ts'

/** Fields of forms that nobody typed, and what nobody else may read. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...['formToken', 'etag', 'back', 'assignment', 'shown', 'reach'],
  ...['secret', 'assertion', 'code', 'leaving'],
])

/** The fields as the forms call them, each in words that fit wherever it stands. */
export const FIELD_LABELS: ReadonlyMap<string, string> = new Map([
  ['account', 'Service account'],
  ['audience', 'Audience'],
  ['branch', 'Branch'],
  ['certificate', 'Certificate (PEM)'],
  ['clientId', 'Client id'],
  ['credential', 'Name of the credential'],
  ['description', 'Why'],
  ['displayName', 'Name'],
  ['environment', 'Environment'],
  ['groupName', 'Resource group'],
  ['identityName', 'Name'],
  ['issuer', 'Issuer'],
  ['lifetimeSeconds', 'Good for (seconds)'],
  ['location', 'Location'],
  ['machineName', 'Name of the machine'],
  ['name', 'What was typed to confirm it'],
  ['namespace', 'Namespace'],
  ['principal', 'To whom'],
  ['project', 'Project'],
  ['repository', 'Repository'],
  ['resourceGroup', 'Resource group'],
  ['role', 'Role'],
  ['scope', 'Where'],
  ['subject', 'Subject'],
  ['subjectName', 'Subject that it may vouch for'],
  ['subscriptionId', 'Subscription'],
  ['tags', 'Tags'],
  ['urgency', 'How urgent'],
  ['uses', 'How many servers'],
  ['value', 'At the provider'],
])

/** What was sent, or nothing if that was nothing. */
export function sentFields(sent: Readonly<Record<string, string>>): Html | false {
  const typed = Object.entries(sent).filter(([name, value]) => !OWN_FIELDS.has(name) && value !== '')
  return (
    typed.length > 0 &&
    html`<h2>What you sent</h2><dl>${typed.map(([name, value]) => html`<dt>${shown(labelOf(name))}</dt><dd>${typedText(name, value)}</dd>`)}</dl>`
  )
}

function labelOf(name: string): string {
  return FIELD_LABELS.get(name) ?? name
}

/** A text of several lines is there to be copied: whole. */
function typedText(name: string, value: string): Html | string {
  if (name === 'role') return shown(findRoleDefinition(value)?.roleName ?? value)
  if (!value.includes('\n')) return shown(value)
  return html`<textarea readonly rows="8" aria-label="${plain(labelOf(name))}" spellcheck="false">${value}</textarea>`
}
