/**
 * The `$filter` by which a list of machines is narrowed. Azure's list of machines takes none; its terms are named as those of
 * Azure's list of resources, and as the properties of a machine.
 *
 * @see https://learn.microsoft.com/rest/api/resources/resources/list#uri-parameters
 * @module
 */

import { ArmError } from '../arm/arm-error.ts'
import { type FilterTerm, parseFilter } from '../arm/odata-filter.ts'
import type { MachineStatus } from '../storage/schema.ts'
import { isVersion } from './agent-version.ts'
import type { TimeSpan } from './few-machines.ts'
import type { MachineFilter } from './machine-filter.ts'

const STATUSES: readonly MachineStatus[] = ['AwaitingConnection', 'Connected', 'Disconnected', 'Expired']

/** Each term may be looked for in each machine, so one caller could have the work of thousands. */
const TERMS_MAX = 32

/** What has been read of a filter. */
interface Reading extends MachineFilter {
  tags: { name: string; value?: string }[]
}

/** Reads the value of a term into a filter; false if it says nothing, or says again what was said. */
type ReadTerm = (filter: Reading, value: string) => boolean

/** By `name form`. A tag's value is that of the name before it. */
const READERS: Readonly<Record<string, ReadTerm>> = {
  'tagname equals': (filter, name) => filter.tags.push({ name }) > 0,
  'tagvalue equals': (filter, value) => {
    const tag = filter.tags.at(-1)
    return setOnce(tag, 'value', value)
  },
  'name contains': (filter, part) => setOnce(filter, 'nameContains', part),
  'properties/status equals': (filter, value) => {
    const status = STATUSES.find((one) => one.toLowerCase() === value.toLowerCase())
    return setOnce(filter, 'status', status)
  },
  'properties/statusreason equals': (filter, value) =>
    setOnce(filter, 'isDisabled', value.toLowerCase() === 'disabled' ? true : undefined),
  'properties/landfasthealth equals': (filter, value) =>
    setOnce(filter, 'isFailing', value.toLowerCase() === 'failing' ? true : undefined),
  'properties/lastheartbeat below': (filter, value) => setOnce(filter, 'seenBefore', timeOf(value)),
  'properties/certificateend from': (filter, value) => setEnd(filter, 'from', timeOf(value)),
  'properties/certificateend below': (filter, value) => setEnd(filter, 'before', timeOf(value)),
  'properties/agentversion equals': (filter, is) => setOnce(filter, 'agentVersion', { is }),
  'properties/agentversion below': (filter, below) =>
    setOnce(filter, 'agentVersion', isVersion(below) ? { below } : undefined),
}

/** Which machines `filter` lets through. @throws {ArmError} `InvalidFilterInQueryString` for all that is not understood. */
export function readMachineFilter(filter: string): MachineFilter {
  const read: Reading = { tags: [] }
  const isRead = ({ name, form, value }: FilterTerm) => READERS[`${name} ${form}`]?.(read, value) ?? false
  const terms = parseFilter(filter)
  if (terms && terms.length <= TERMS_MAX && terms.every(isRead)) return read
  throw new ArmError('InvalidFilterInQueryString', { filter: filter.slice(0, 500) })
}

function setOnce<T extends object, K extends keyof T>(
  target: T | undefined,
  key: K,
  value: T[K] | undefined,
): boolean {
  if (!target || value === undefined || target[key] !== undefined) return false
  target[key] = value
  return true
}

function setEnd(filter: Reading, bound: keyof TimeSpan, time: Date | undefined): boolean {
  filter.certificateEnd ??= {}
  return setOnce(filter.certificateEnd, bound, time)
}

/** With a zone: a time without one is another one at each reader. */
function timeOf(text: string): Date | undefined {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? new Date(text)
    : undefined
  return time && !Number.isNaN(time.getTime()) ? time : undefined
}
