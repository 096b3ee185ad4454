/**
 * The faults that an emulator can be told to have: what each one is, which requests it strikes, and for how long.
 *
 * @see docs/emulator.md#faults
 * @module
 */

import { resourceOfScope } from '@landfast/protocol'
import { EmulatorError } from '../emulator-error.ts'

/** Every fault with the fields of its own, by its name. */
export interface FaultFields {
  /** The answer comes late. */
  latency: { delaySeconds: number }
  /** No answer comes while the connection stays. */
  timeout: object
  /** Nothing listens: strikes at once, for `forSeconds`. */
  'connection-refused': object
  /** The connection is reset in place of an answer. */
  'connection-reset': object
  /** An error is answered. */
  status: { status: number; retryAfterSeconds?: number }
  /** A whole answer that is no JSON. */
  'broken-json': object
  /** An answer that ends in the middle. */
  'cut-body': object
  /** An answer without a token in it. */
  'empty-token': object
  /** A token that ended an hour ago. */
  'expired-token': object
  /** A token that ends soon. */
  'short-token': { expiresInSeconds: number }
  /** A right token, but of another identity. */
  'other-identity': object
  /** A token made by a clock that is ahead, or behind where it is negative. */
  'clock-off': { offsetSeconds: number }
  /** The challenge names a file that is not there. */
  'key-file-missing': object
  /** The challenge names a file that may not be read. */
  'key-file-unreadable': object
  /** The folder of the key file is closed, as to a program that lost the group of the keys; until the next request. */
  'key-group-lost': object
  /** The challenge names a file that comes later. */
  'key-file-late': { delaySeconds: number }
  /** The challenge names a file outside the key folder. */
  'key-file-elsewhere': object
  /** The key is not taken, as if it were older than its minute. */
  'key-refused': object
}

/** The name of a fault. */
export type FaultKind = keyof FaultFields

/** Which requests a fault strikes. */
export interface FaultReach {
  /** How many requests. Default: one, or all within `forSeconds`. */
  times?: number
  /** So long from the first request that it strikes, or of `connection-refused` from now on. Default: until `times` were struck. */
  forSeconds?: number
  /** Only requests for tokens of this audience. */
  resource?: string
  /**
   * In the Arc style, whether the request for a challenge is struck or the one that presents a key. Default: what the
   * fault is about, mostly the latter.
   */
  step?: Step
}

/** The two requests of a challenge; other styles have the second alone. */
export type Step = 'challenge' | 'token'

/** A fault as it is asked for. */
export type FaultOptions = {
  [Kind in FaultKind]: { kind: Kind } & FaultFields[Kind] & FaultReach
}[FaultKind]

/** A fault of one kind. */
export type FaultOf<Kind extends FaultKind> = Extract<FaultOptions, { kind: Kind }>

interface Row {
  /** The numbers that it must have, each with the least and the greatest that make sense. */
  fields?: Readonly<Record<string, readonly [least: number, greatest: number]>>
  /** Those that it may have. */
  optional?: Readonly<Record<string, readonly [least: number, greatest: number]>>
  step?: Step
}

const HOUR = 3600
const DAY = 24 * HOUR

/** The least of a span that is to show: with none a fault would strike and change nothing. */
const MOMENT = 0.001

/** One row a fault. */
export const FAULTS: Readonly<Record<FaultKind, Row>> = {
  latency: { fields: { delaySeconds: [MOMENT, HOUR] } },
  timeout: {},
  'connection-refused': {},
  'connection-reset': {},
  status: { fields: { status: [400, 599] }, optional: { retryAfterSeconds: [0, DAY] } },
  'broken-json': {},
  'cut-body': {},
  'empty-token': {},
  'expired-token': {},
  'short-token': { fields: { expiresInSeconds: [1, DAY] } },
  'other-identity': {},
  'clock-off': { fields: { offsetSeconds: [-DAY, DAY] } },
  'key-file-missing': { step: 'challenge' },
  'key-file-unreadable': { step: 'challenge' },
  'key-group-lost': { step: 'challenge' },
  'key-file-late': { fields: { delaySeconds: [MOMENT, HOUR] }, step: 'challenge' },
  'key-file-elsewhere': { step: 'challenge' },
  'key-refused': {},
}

/** The name of every fault. */
export const FAULT_KINDS = Object.keys(FAULTS) as FaultKind[]

const REACH_NUMBERS = { times: [1, Number.POSITIVE_INFINITY], forSeconds: [MOMENT, DAY] } as const

/** Fields whose number stands in an answer or a token, or counts. */
const WHOLE = ['status', 'retryAfterSeconds', 'expiresInSeconds', 'offsetSeconds', 'times']

const REACH_NAMES = ['kind', 'times', 'forSeconds', 'resource', 'step']

/** Which of the two requests of a challenge it strikes. */
export function stepOf({ kind, step }: FaultOptions): Step {
  return step ?? FAULTS[kind].step ?? 'token'
}

/** Whether only an endpoint with key files can have it. */
export function isOfChallenges(fault: FaultOptions): boolean {
  return stepOf(fault) === 'challenge' || fault.kind === 'key-refused'
}

/**
 * `given` as a fault.
 *
 * @param wordOf How whoever asks for the fault calls a field.
 * @throws {EmulatorError} `fault_invalid`, saying what is wrong with it.
 */
export function checkFault(given: unknown, wordOf: WordOf = (field) => field): FaultOptions {
  if (typeof given !== 'object' || given === null)
    throw refusal("a fault is an object such as { kind: 'status', status: 429 }")
  const fault: Record<string, unknown> = { ...given }
  const { kind } = fault
  if (typeof kind !== 'string' || !Object.hasOwn(FAULTS, kind)) {
    throw refusal(`"${String(kind)}" is none of ${FAULT_KINDS.join(', ')}`)
  }
  const { fields = {}, optional = {}, step } = FAULTS[kind as FaultKind]
  checkNumbers(fault, { ...optional, ...REACH_NUMBERS }, wordOf)
  for (const name of Object.keys(fields)) {
    if (fault[name] === undefined) throw refusal(`"${kind}" needs "${wordOf(name)}"`)
  }
  checkNumbers(fault, fields, wordOf)
  if (fault.offsetSeconds === 0) throw refusal(`"${wordOf('offsetSeconds')}" must be another number than 0`)
  const known = [...REACH_NAMES, ...Object.keys(fields), ...Object.keys(optional)]
  const unknown = Object.keys(fault).find((name) => !known.includes(name))
  if (unknown !== undefined) {
    const words = known.slice(1).map(wordOf)
    throw refusal(`"${kind}" has no "${wordOf(unknown)}", but ${words.join(', ')}`)
  }
  checkReach(fault, step, wordOf)
  return fault as unknown as FaultOptions
}

/** What people call a field. */
type WordOf = (field: string) => string

function checkReach(fault: Record<string, unknown>, only: Step | undefined, wordOf: WordOf): void {
  const { kind, resource, step, times, forSeconds } = fault
  if (resource !== undefined && (typeof resource !== 'string' || resource === ''))
    throw refusal(`"${wordOf('resource')}" must be an audience such as "https://vault.azure.net"`)
  const meant = resource === undefined ? undefined : resourceOfScope(resource)
  if (meant !== undefined) throw refusal(`"${wordOf('resource')}" is an audience: write "${meant}"`)
  if (step !== undefined && step !== 'challenge' && step !== 'token')
    throw refusal(`"${wordOf('step')}" must be "challenge" or "token"`)
  if (only !== undefined && step !== undefined && step !== only)
    throw refusal(`"${kind}" is about the ${only} alone`)
  if (kind !== 'connection-refused') return
  const span = wordOf('forSeconds')
  if (forSeconds === undefined) throw refusal(`"connection-refused" needs "${span}"`)
  if (times !== undefined || resource !== undefined || step !== undefined) {
    throw refusal(`"connection-refused" strikes every connection: it has no other reach than "${span}"`)
  }
}

function checkNumbers(
  fault: Record<string, unknown>,
  limits: Readonly<Record<string, readonly [number, number]>>,
  wordOf: WordOf,
): void {
  for (const [name, [least, greatest]] of Object.entries(limits)) {
    const value = fault[name]
    if (value === undefined) continue
    const isNumber = typeof value === 'number' && value >= least && value <= greatest
    const isWhole = Number.isInteger(value) || value === Number.POSITIVE_INFINITY
    if (isNumber && (isWhole || !WHOLE.includes(name))) continue
    const number = WHOLE.includes(name) ? 'whole number' : 'number'
    throw refusal(`"${wordOf(name)}" must be a ${number} from ${least} to ${greatest}`)
  }
}

function refusal(reason: string): EmulatorError {
  return new EmulatorError('fault_invalid', reason)
}
