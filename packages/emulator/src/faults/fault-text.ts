/**
 * Faults as people type them: a scenario, a status, or the name of a fault, with what else is to be said behind it.
 *
 *     throttled
 *     429,retry-after=2,times=3
 *     latency=1.5,resource=https://vault.azure.net
 *
 * @see docs/emulator.md#faults
 * @module
 */

import { EmulatorError } from '../emulator-error.ts'
import { checkFault, FAULT_KINDS, FAULTS, type FaultOptions } from './fault.ts'
import { SCENARIO_NAMES, SCENARIOS, type Scenario } from './scenarios.ts'

/** Every field by the name that people type, with what reads its text and what writes it. */
const FIELDS: Readonly<Record<string, Field>> = {
  'retry-after': { field: 'retryAfterSeconds', read: readSeconds, write: formatSeconds },
  times: { field: 'times', read: readTimes, write: formatTimes },
  for: { field: 'forSeconds', read: readSeconds, write: formatSeconds },
  resource: { field: 'resource', read: (text) => text, write: String },
  step: { field: 'step', read: (text) => text, write: String },
}

interface Field {
  field: string
  read: (text: string) => unknown
  write: (value: unknown) => string
}

/**
 * The faults that `text` names, in the order in which they come.
 *
 * @throws {EmulatorError} `fault_invalid`.
 */
export function readFaults(text: string): readonly FaultOptions[] {
  if (typeof text !== 'string') throw refusal('it must be a text such as "429,retry-after=2"')
  const [head = '', ...rest] = text.split(',')
  const [name = '', value] = splitAtEquals(head)
  if (value === undefined && SCENARIO_NAMES.includes(name as Scenario)) {
    if (rest.length > 0) throw refusal(`the scenario "${name}" takes nothing behind it`)
    return SCENARIOS[name as Scenario]
  }
  const fields = [...Object.entries(readHead(name, value)), ...rest.map(readField)]
  const names = fields.map(([field]) => field)
  const twice = names.find((field, index) => names.indexOf(field) < index)
  if (twice !== undefined) throw refusal(`"${text}" says "${wordOf(twice)}" twice`)
  const fault = Object.fromEntries(fields)
  return [checkFault(fault, (field) => `${wordOf(field) ?? fault.kind}=`)]
}

/** `fault` as people type it; its fields are those of the library, or of the socket. */
export function formatFault({ kind, ...others }: { kind: string }): string {
  const fields: Readonly<Record<string, unknown>> = others
  const rest = Object.entries(FIELDS)
    .filter(([, { field }]) => fields[field] !== undefined)
    .map(([word, { field, write }]) => `${word}=${write(fields[field])}`)
  return [formatHead(kind, fields), ...rest].join(',')
}

/** A status stands for its fault; the number that another must have stands behind its name. */
function formatHead(kind: string, fields: Readonly<Record<string, unknown>>): string {
  if (kind === 'status') return String(fields.status)
  const own = ownField(kind)
  return own === undefined ? kind : `${kind}=${formatSeconds(fields[own])}`
}

/** Lines that tell which faults there are and what can be said of each, as people type it. */
export function describeFaults(): readonly string[] {
  const faults = FAULT_KINDS.map((kind) => {
    const { fields = {}, optional = {} } = FAULTS[kind]
    const needed = kind === 'connection-refused' ? ',for=…' : ''
    const more = Object.keys(optional).map((field) => `[,${wordOf(field)}=…]`)
    return [kind, Object.keys(fields).length > 0 ? '=…' : '', needed, ...more].join('')
  })
  return [
    `a scenario: ${SCENARIO_NAMES.join(', ')}`,
    `or a fault: ${faults.join(', ')}; a status may stand alone, as in "429,retry-after=2"`,
    'and behind a fault: times=… or times=always, for=…, resource=…, step=challenge or step=token; spans of time as in 1.5, 200ms, 3s, 2m',
  ]
}

/** Undefined for the number that stands behind the name of a fault. */
function wordOf(field: string): string | undefined {
  return Object.keys(FIELDS).find((word) => FIELDS[word]?.field === field)
}

/** The number that a fault of this kind must have. */
function ownField(kind: string): string | undefined {
  const row = Object.hasOwn(FAULTS, kind) ? FAULTS[kind as keyof typeof FAULTS] : undefined
  return Object.keys(row?.fields ?? {})[0]
}

/** A status stands for its fault; what follows "=" is the number that the fault must have. */
function readHead(name: string, value: string | undefined): object {
  if (/^\d{3}$/.test(name)) return { kind: 'status', status: Number(name) }
  if (!Object.hasOwn(FAULTS, name)) {
    throw refusal(`"${name}" is no status, none of ${[...SCENARIO_NAMES, ...Object.keys(FAULTS)].join(', ')}`)
  }
  if (value === undefined) return { kind: name }
  const field = ownField(name)
  if (field === undefined) throw refusal(`"${name}" takes no "="`)
  return { kind: name, [field]: field === 'status' ? readNumber(value) : readSeconds(value) }
}

function readField(text: string): [field: string, value: unknown] {
  const [name = '', value = ''] = splitAtEquals(text)
  const found = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined
  if (!found) throw refusal(`"${name}" is none of ${Object.keys(FIELDS).join(', ')}`)
  return [found.field, found.read(value)]
}

function splitAtEquals(text: string): [name: string, value: string | undefined] {
  const at = text.indexOf('=')
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

/** "1.5", "1.5s", "200ms" or "2m". */
function readSeconds(text: string): number {
  const [, number = '', unit = 's'] = /^(-?\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  return readNumber(number, text) * { ms: 0.001, s: 1, m: 60, h: 3600 }[unit as 'ms' | 's' | 'm' | 'h']
}

function formatSeconds(seconds: unknown): string {
  return `${seconds}s`
}

function readTimes(text: string): number {
  return text === 'always' ? Number.POSITIVE_INFINITY : readNumber(text)
}

function formatTimes(times: unknown): string {
  return times === Number.POSITIVE_INFINITY ? 'always' : String(times)
}

function readNumber(text: string, whole = text): number {
  if (text === '' || !Number.isFinite(Number(text))) throw refusal(`"${whole}" is no number`)
  return Number(text)
}

function refusal(reason: string): EmulatorError {
  return new EmulatorError('fault_invalid', reason)
}
