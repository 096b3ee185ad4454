/**
 * What is looked for in the audit trail beside the time: the form, and what it says.
 *
 * @module
 */

import { AUDIT_ACTIONS } from '../../audit/audit-entry.ts'
import { readGuid } from '../../guid.ts'
import { type Html, html } from '../html/html.ts'
import { field, searchField, select } from '../html/parts.ts'
import { ApiRefusal } from '../inner/api-refusal.ts'
import { nameIn } from '../inner/resource-paths.ts'
import type { PageRequest } from '../page.ts'
import { fieldTime, isFromEver, LAST_HOUR, spanQuery, type TimeSpan } from './audit-span.ts'

type Query = PageRequest['query']

const OUTCOMES = [
  ['', 'Any'],
  ['done', 'Done'],
  ['refused', 'Refused'],
] as const

/** What may be looked for, in words. */
const LABELS = {
  caller: 'Who (name or id)',
  machine: 'Which machine (name or id)',
  action: 'What',
  outcome: 'Outcome',
  code: 'Code of the refusal',
  audience: 'Audience of the token',
  correlationId: 'Correlation id',
  tokenId: 'Id of a token (jti or uti)',
  id: 'Id of the entry (trace id)',
} as const

type FieldName = keyof typeof LABELS

const NAMES = Object.keys(LABELS) as readonly FieldName[]

/** What is looked for beside the time. */
export function filterIn(query: Query): Record<FieldName, string> {
  const given: Query = { ...query, machine: machineIn(query) ?? '' }
  return Object.fromEntries(NAMES.map((name) => [name, given[name]?.trim() ?? ''])) as Record<
    FieldName,
    string
  >
}

/** The field has the name alone of a machine whose trail was opened by its ARM id: until another is typed, that one is meant. */
function machineIn({ machine, machineId }: Query): string | undefined {
  return machineId !== undefined && machine?.trim() === nameMeant(machineId) ? machineId : machine
}

/** The name in an ARM id; any other text is its own. */
function nameMeant(text: string): string {
  return text.startsWith('/') ? nameIn(text) : text
}

/** Of which machine, if one is named; an id says nothing to a person. */
export function machineNamed({ machine }: Pick<Record<FieldName, string>, 'machine'>): string | undefined {
  return machine === '' || readGuid(machine) ? undefined : nameMeant(machine)
}

/** A field that holds something that cannot be looked for. */
export interface WrongField {
  name: FieldName
  sentence: string
}

const UNKNOWN: Readonly<Partial<Record<FieldName, string>>> = {
  caller: 'Nobody has, or had, this name or id. Write the whole name.',
  machine: 'No machine has, or had, this name or id. Write the whole name.',
}

/** For `catch`: which field is wrong. @throws `error` if none is. */
export function wrongFieldOf(error: unknown): WrongField {
  const name = error instanceof ApiRefusal ? NAMES.find((one) => one === error.target) : undefined
  if (name === undefined || !(error instanceof ApiRefusal)) throw error
  return { name, sentence: UNKNOWN[name] ?? error.message }
}

/** The form, filled in as it was sent. */
export function filterForm(query: Query, span: TimeSpan, wrong?: WrongField): Html {
  const filter = filterIn(query)
  const { span: name, to } = spanQuery(query)
  const from = isFromEver(span) || name ? undefined : fieldTime(span.from)
  const text = (name: FieldName, value = filter[name], more: Html | false = false) =>
    searchField(LABELS[name], { name, value, more }, wrong?.name === name ? wrong.sentence : undefined)
  return html`<form method="get" action="/portal/audit" class="filter" role="search">
${field('From (UTC)', html`<input type="datetime-local" name="from" value="${from}" step="any">`)}
${field('To (UTC)', html`<input type="datetime-local" name="to" value="${to}" step="any">`)}
${name && html`<input type="hidden" name="span" value="${LAST_HOUR}">`}
${text('caller')}
${filter.machine.startsWith('/') && html`<input type="hidden" name="machineId" value="${filter.machine}">`}
${text('machine', nameMeant(filter.machine))}
${text('action', filter.action, html` placeholder="issue-token" list="actions"`)}
<datalist id="actions">${AUDIT_ACTIONS.map((name) => html`<option value="${name}"></option>`)}</datalist>
${field(LABELS.outcome, select('outcome', OUTCOMES, filter.outcome))}
${text('code')}
${text('audience')}
${text('correlationId')}
${(['tokenId', 'id'] as const).map((name) => filter[name] !== '' && text(name))}
<button>Show</button>
</form>`
}
