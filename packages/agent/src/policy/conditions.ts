/**
 * The conditions of a rule: one table of fields, compared in its order, the cheapest first.
 *
 * @see docs/policy.md#rules
 * @module
 */

import {
  matchesAudience,
  parseAudiencePattern,
  SERVED_STYLE_NAMES,
  TOKEN_FILE_STYLE,
} from '@landfast/protocol'
import { ENTRA_IDENTITY, type Facts, SYSTEM_IDENTITY } from './facts.ts'

/** Whether something is so; unknown where it cannot be seen, which fulfils no condition. */
export type Answer = 'yes' | 'no' | 'unknown'

interface Field {
  /**
   * The value as it is compared.
   *
   * @throws {TypeError} whose message completes "FIELD …".
   */
  readonly parse: (text: string) => string
  /** Whether the value is true of the facts. */
  readonly compare: (value: string, facts: Facts) => Answer
}

/** What rules call any container, and none. */
const ANY_CONTAINER = 'any'
const NO_CONTAINER = 'none'

/** Fewer digits of a container's id could be met by chance. */
const CONTAINER_DIGITS_MIN = 12

/** What rules call any workload, and callers that are none. */
const ANY_WORKLOAD = 'any'
const NO_WORKLOAD = 'none'

const STYLES_AND_FILES: readonly string[] = [...SERVED_STYLE_NAMES, TOKEN_FILE_STYLE]

const WORKLOAD_NAME = /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/

const FIELDS = {
  style: { parse: parseStyle, compare: (value, { style }) => equals(style, value) },
  audience: {
    parse: parseAudiencePattern,
    compare: (value, { audience }) => answer(matchesAudience(value, audience)),
  },
  identity: {
    parse: parseIdentity,
    compare: (value, { identityNames }) => answer(identityNames.includes(value)),
  },
  workload: { parse: parseWorkloadName, compare: compareWorkload },
  user: { parse: parseAccount, compare: compareUser },
  group: {
    parse: parseAccount,
    compare: (value, { groups }) => (groups ? answer(groups.includes(value)) : 'unknown'),
  },
  program: { parse: parseProgram, compare: (value, { program }) => equals(program, value) },
  unit: { parse: parseUnit, compare: (value, { unit }) => equals(unit, value) },
  container: { parse: parseContainer, compare: compareContainer },
} as const satisfies Record<string, Field>

/** A field of a rule. */
export type FieldName = keyof typeof FIELDS

/** Every field, in the order in which they are compared. */
export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[]

/** A field of a rule and the values of which one must be true. */
export interface Condition {
  field: FieldName
  values: readonly string[]
}

/**
 * A value as rules keep it.
 *
 * @throws {TypeError} whose message completes "FIELD …".
 */
export function parseValue(field: FieldName, text: string): string {
  return FIELDS[field].parse(text)
}

/** Whether one of the condition's values is true of the facts. */
export function meets({ field, values }: Condition, facts: Facts): Answer {
  const { compare } = FIELDS[field]
  let isUnknown = false
  for (const value of values) {
    const found = compare(value, facts)
    if (found === 'yes') return 'yes'
    isUnknown ||= found === 'unknown'
  }
  return isUnknown ? 'unknown' : 'no'
}

function compareUser(value: string, { userId, user }: Facts): Answer {
  if (/^\d/.test(value)) return userId === undefined ? 'unknown' : answer(String(userId) === value)
  if (user !== undefined) return answer(user === value)
  return userId === undefined ? 'unknown' : 'no'
}

/** A container below a service may have any name that its user likes: it counts only as not being outside of one. */
function compareContainer(value: string, { container }: Facts): Answer {
  if (container === undefined) return 'unknown'
  if (value === NO_CONTAINER) return answer(container === null)
  if (!container?.isHosts) return 'no'
  return answer(value === ANY_CONTAINER || value === container.pod || container.id.startsWith(value))
}

function compareWorkload(value: string, { workload }: Facts): Answer {
  if (value === ANY_WORKLOAD) return answer(workload !== null)
  return answer(value === (workload ?? NO_WORKLOAD))
}

function equals(fact: string | null | undefined, value: string): Answer {
  return fact === undefined ? 'unknown' : answer(fact === value)
}

function answer(isSo: boolean): Answer {
  return isSo ? 'yes' : 'no'
}

function parseStyle(text: string): string {
  if (STYLES_AND_FILES.includes(text)) return text
  throw new TypeError(`must be one of ${STYLES_AND_FILES.join(', ')}`)
}

function parseIdentity(text: string): string {
  if (/^[a-z0-9][\w-]*$/i.test(text) || /^\/subscriptions\/\S+$/i.test(text)) return text.toLowerCase()
  throw new TypeError(
    `must be "${SYSTEM_IDENTITY}", "${ENTRA_IDENTITY}", a client id, an object id, an ARM id or a name`,
  )
}

function parseAccount(text: string): string {
  if (/^\d{1,10}$/.test(text)) return String(Number(text))
  if (/^[a-z_][\w.@\\-]*\$?$/i.test(text)) return text
  throw new TypeError('must be a name or a number')
}

function parseProgram(text: string): string {
  const parts = text.split('/').slice(1)
  if (text.startsWith('/') && parts.every((part) => part !== '' && part !== '.' && part !== '..')) return text
  throw new TypeError('must be the absolute path of one program')
}

function parseUnit(text: string): string {
  if (/^[\w:.@\\-]+\.(?:service|scope|socket|mount|swap)$/.test(text)) return text
  throw new TypeError('must be the whole name of a unit, such as "backup.service"')
}

/** Whether a workload may have this name: a file and a label of a metric have it too. */
export function isWorkloadName(text: string): boolean {
  return WORKLOAD_NAME.test(text) && text !== ANY_WORKLOAD && text !== NO_WORKLOAD
}

function parseWorkloadName(text: string): string {
  if (WORKLOAD_NAME.test(text)) return text
  throw new TypeError(`must be "${ANY_WORKLOAD}", "${NO_WORKLOAD}" or the name of a workload`)
}

function parseContainer(text: string): string {
  const lower = text.toLowerCase()
  if (lower === ANY_CONTAINER || lower === NO_CONTAINER) return lower
  if (/^[0-9a-f]+$/.test(lower) && lower.length >= CONTAINER_DIGITS_MIN && lower.length <= 64) return lower
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(lower)) return lower
  throw new TypeError(
    `must be "${ANY_CONTAINER}", "${NO_CONTAINER}", at least ${CONTAINER_DIGITS_MIN} digits of a container's id, or the uid of a pod`,
  )
}
