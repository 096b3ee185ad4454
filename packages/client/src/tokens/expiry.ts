/**
 * When a token ends, in every form in which some endpoint says so.
 *
 * @see docs/protocol.md#the-answer
 * @module
 */

/** Tokens live for an hour to some days; what says more says something else. */
const LIFETIME_MAX_SECONDS = 400 * 24 * 3600

const SECONDS = /^\d{1,12}(?:\.\d{1,9})?$/
const ZONE = '(?: ?(Z|[+-]\\d\\d:?\\d\\d))?'
/** 2026-11-27T12:00:00.0000000+00:00, and with a space in place of the T. */
const YEAR_FIRST = new RegExp(
  `^(?<year>\\d{4})-(?<month>\\d\\d)-(?<day>\\d\\d)[T ](?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)(?:\\.\\d{1,9})?${ZONE.replace('(Z', '(?<zone>Z')}$`,
  'i',
)
/** 9/14/2017 12:00:00 AM +00:00, as App Service of old writes it; on Linux in 24 hours. */
const MONTH_FIRST = new RegExp(
  `^(?<month>\\d{1,2})/(?<day>\\d{1,2})/(?<year>\\d{4}) (?<hour>\\d{1,2}):(?<minute>\\d\\d):(?<second>\\d\\d)(?: (?<half>AM|PM))?${ZONE.replace('(Z', '(?<zone>Z')}$`,
  'i',
)

/** The two fields of an answer, whatever they hold. */
export interface ExpiryFields {
  expires_on?: unknown
  expires_in?: unknown
}

/**
 * When the token ends, in milliseconds since 1970 by the clock that says `now`; undefined if no field says so.
 *
 * The earlier of the two counts. An end that is past by our clock, while seconds are left, shows that the clocks
 * differ; then the seconds count.
 */
export function readExpiry(fields: ExpiryFields, now: number): number | undefined {
  const on = plausible(readMoment(fields.expires_on), now)
  const left = readSeconds(fields.expires_in)
  const after = left === undefined ? undefined : plausible(now + left * 1000, now)
  if (on === undefined || after === undefined) return on ?? after
  return on <= now ? after : Math.min(on, after)
}

/** A moment in milliseconds since 1970, whatever its form; without a zone it is UTC. */
export function readMoment(value: unknown): number | undefined {
  const seconds = readSeconds(value)
  if (seconds !== undefined) return seconds * 1000
  if (typeof value !== 'string') return undefined
  const groups = (YEAR_FIRST.exec(value.trim()) ?? MONTH_FIRST.exec(value.trim()))?.groups
  return groups && readDate(groups)
}

function readSeconds(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? Math.floor(value) : undefined
  if (typeof value !== 'string' || !SECONDS.test(value.trim())) return undefined
  return Math.floor(Number(value.trim()))
}

function plausible(moment: number | undefined, now: number): number | undefined {
  return moment !== undefined && moment <= now + LIFETIME_MAX_SECONDS * 1000 ? moment : undefined
}

function readDate(groups: Record<string, string | undefined>): number | undefined {
  const [year, month, day, minute, second] = ['year', 'month', 'day', 'minute', 'second'].map((name) =>
    Number(groups[name]),
  ) as [number, number, number, number, number]
  const hour = readHour(Number(groups.hour), groups.half)
  if (hour === undefined) return undefined
  const moment = Date.UTC(year, month - 1, day, hour, minute, second)
  const date = new Date(moment)
  // Date.UTC carries what is too much into the next field.
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  if (!same || hour > 23 || minute > 59 || second > 59) return undefined
  return moment - readZone(groups.zone)
}

function readHour(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour
  if (hour < 1 || hour > 12) return undefined
  return (hour % 12) + (half.toUpperCase() === 'PM' ? 12 : 0)
}

function readZone(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0
  const [hours, minutes] = [zone.slice(1, 3), zone.slice(-2)].map(Number) as [number, number]
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
