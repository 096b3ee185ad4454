/**
 * The part of the audit trail that a person looks at, from one time to another. All times are in UTC, as the trail has them.
 *
 * @module
 */

import type { PageRequest } from '../page.ts'

const MINUTE_MILLISECONDS = 60_000
const HOUR_MILLISECONDS = 60 * MINUTE_MILLISECONDS
const DAY_MILLISECONDS = 24 * HOUR_MILLISECONDS

/** From a time on, and up to just before another. */
export interface TimeSpan {
  from: Date
  to: Date
}

type Query = PageRequest['query']

/** How an address asks for the hour before the moment at which it is opened. */
export const LAST_HOUR = 'hour'

/**
 * What `query` asks for: up to now, and a day long, unless it says otherwise. What is no time is not asked for. What has one of the
 * ids is meant whenever it was.
 */
export function spanIn(query: Query, now: Date): TimeSpan {
  const { id, correlationId, tokenId } = query
  const { from, to, span } = spanQuery(query)
  const end = readTime(to) ?? behind(now)
  const isEver = !span && (id || correlationId || tokenId)
  const usual = isEver ? new Date(0) : before(end, span ? HOUR_MILLISECONDS : DAY_MILLISECONDS)
  return { from: readTime(from) ?? usual, to: end }
}

/** The part of an address that says which time is meant. What it leaves open goes on: up to now, whenever it is opened. */
export interface SpanQuery {
  from: string
  to: string
  span: string
}

/** What `query` says of the time. A time that it names counts more than the last hour. */
export function spanQuery({ from, to, span }: Query): SpanQuery {
  const [begin, end] = [readTime(from), readTime(to)]
  return {
    from: begin ? fieldTime(begin) : '',
    to: end ? fieldTime(end) : '',
    span: span === LAST_HOUR && !begin && !end ? LAST_HOUR : '',
  }
}

/** Whether `span` has no beginning. */
export function isFromEver({ from }: TimeSpan): boolean {
  return from.getTime() === 0
}

/** So long before, at a whole minute. */
function before(end: Date, milliseconds: number): Date {
  const time = end.getTime() - milliseconds
  return new Date(time - (time % MINUTE_MILLISECONDS))
}

/** What happens now is within it. */
function behind(now: Date): Date {
  return new Date(now.getTime() + 1)
}

/** As a field `datetime-local` writes a time, to seconds or less if need be; all of it is UTC. */
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?)?$/

/** What such a field or a person says; undefined if it is no time. */
export function readTime(text = ''): Date | undefined {
  const plain = text.trim().replace(' ', 'T').replace(/Z$/i, '')
  if (!TIME.test(plain)) return undefined
  const time = new Date(plain.includes('T') ? `${plain}Z` : plain)
  return Number.isNaN(time.getTime()) ? undefined : time
}

/** A time as a field `datetime-local` takes it. */
export function fieldTime(time: Date): string {
  return time.toISOString().replace(/(:00)?\.000Z$|Z$/, '')
}

/** So many days before `time`, at a whole minute. */
export function daysBefore(time: Date, days: number): Date {
  return before(time, days * DAY_MILLISECONDS)
}

type NamedSpan = readonly [name: string, span: SpanQuery]

const OPEN: SpanQuery = { from: '', to: '', span: '' }

/** The spans that are a click away, each with its name. Their addresses stay the same for a day, and all but one go on up to now. */
export function usualSpans(now: Date): readonly NamedSpan[] {
  return [
    ['Last hour', { ...OPEN, span: LAST_HOUR }],
    ['Today', since(now, 0)],
    ['Yesterday', { ...since(now, -1), to: fieldTime(midnight(now, 0)) }],
    ...longSpans(now),
  ]
}

/** Those of some days, of which today is the last. */
export function longSpans(now: Date): readonly NamedSpan[] {
  return [7, 30, 90].map((days) => [`${days} days`, since(now, 1 - days)])
}

/** From the midnight that began today on, or from one so many days after it. */
export function since(now: Date, days: number): SpanQuery {
  return { ...OPEN, from: fieldTime(midnight(now, days)) }
}

/** That at which the day of `now` began, or so many days after it. */
function midnight(now: Date, days: number): Date {
  return new Date(now.getTime() - (now.getTime() % DAY_MILLISECONDS) + days * DAY_MILLISECONDS)
}

/** Whether both are the same. */
export function isSameSpan(one: SpanQuery, other: SpanQuery): boolean {
  return one.from === other.from && one.to === other.to && one.span === other.span
}
