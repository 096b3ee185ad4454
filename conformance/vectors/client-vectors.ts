/**
 * The requests of a client that cannot be run here, as data: what goes over the wire, byte by byte.
 *
 * A line may hold: `{host}` and `{path}`, as the variables lead to the endpoint; `{secret}`, of the endpoint;
 * `{resource}` and `{escapedResource}`; `{selector}`, the parameter of the case; `{id}` and `{escapedId}`, its value;
 * `{length}`, of the body; `{key}`, the header value that the key file becomes: without one the line is left out.
 *
 * @module
 */

import type { StyleName } from '@landfast/protocol'
import type { CaseName } from '../cases.ts'
import type { ClientRules, ProbeName, SelectorCase } from './client-rules.ts'

/** Where something was read. */
export interface Source {
  repository: string
  file: string
  /** Undefined where the text that was read does not say it. */
  commit?: string
  /** Which text it was, where the commit is not known, and what was not read. */
  note?: string
}

/** How a file of `folder` in `repository` is named as a source. */
export function sourcesIn(
  repository: string,
  folder: string,
): (file: string, commit?: string, note?: string) => Source {
  return (file, commit, note) => ({
    repository,
    file: `${folder}/${file}`,
    ...(commit && { commit }),
    ...(note && { note }),
  })
}

/** A request by which a client finds out who is there. */
export interface Probe {
  name: ProbeName
  request: readonly string[]
  /** Default: those of the request. */
  selectors?: StyleVectors['selectors']
}

/** A client's requests in one style. */
export interface StyleVectors {
  /** Sent before the request, in their order. */
  probes?: readonly Probe[]
  /** Request line and header lines, in their order. */
  request: readonly string[]
  body?: string
  /** The parameter that asks for an identity; one that is missing is refused by the client itself, before any request. */
  selectors: Readonly<Partial<Record<SelectorCase | 'system-assigned', string>>>
  /** Why a selector is missing. */
  refuses?: string
  /** Cases that end otherwise than they should, and how it shows. */
  differences?: Readonly<Partial<Record<CaseName, { shows: RegExp; reason: string }>>>
}

/** One version of a client. */
export interface VectorClient {
  name: string
  version: string
  /** Why it is here: the newest, or the one that fixed CVE-2024-35255. */
  which: 'newest' | 'CVE-2024-35255'
  sources: readonly Source[]
  styles: Readonly<Partial<Record<StyleName, StyleVectors>>>
  rules: ClientRules
}

/** Every case that vectors are replayed in; the others need the client itself. */
export const VECTOR_CASES: readonly CaseName[] = [
  'system-assigned',
  'client-id',
  'object-id',
  'resource-id',
  'unassigned',
  'wrong-resource',
  'denied',
]

/** Whether the client sends a request in this case. */
export function isOffered({ selectors }: StyleVectors, name: CaseName): boolean {
  if (name === 'unassigned') return 'client-id' in selectors || 'object-id' in selectors
  return isSelectorCase(name) ? name in selectors : true
}

/** Whether the case asks for an identity in this way. */
export function isSelectorCase(name: CaseName): name is SelectorCase {
  return name === 'client-id' || name === 'object-id' || name === 'resource-id'
}

/** What the placeholders of a line stand for. */
export type Values = Readonly<Record<string, string | undefined>>

/** The bytes of a request: its lines, then its body. */
export function formatRequest(lines: readonly string[], body: string | undefined, values: Values): string {
  const filledBody = fill(body ?? '', values)
  const all = { ...values, length: String(Buffer.byteLength(filledBody)) }
  const filled = lines
    .filter((line) => values.key !== undefined || !line.includes('{key}'))
    .map((line) => fill(line, all))
  return [...filled, '', filledBody].join('\r\n')
}

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`nothing is known for {${name}}`)
    return fill(value, values)
  })
}
