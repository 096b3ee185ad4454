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

/**
 * What `query` asks for: up to now, and a day long, unless it says otherwise. What is no time is not asked for. What has one of the
 * ids is meant whenever it was.
 */
export function spanIn({ from, to, id, correlationId, tokenId }: PageRequest['query'], now: Date): TimeSpan {
  const end = readTime(to) ?? behind(now)
  const usual = id || correlationId || tokenId ? new Date(0) : before(end, DAY_MILLISECONDS)
  return { from: readTime(from) ?? usual, to: end }
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

type NamedSpan = readonly [name: string, span: TimeSpan]

/** The spans that are a click away, each with its name. */
export function usualSpans(now: Date): readonly NamedSpan[] {
  return [
    ['Last hour', { from: before(now, HOUR_MILLISECONDS), to: behind(now) }],
    ['Today', { from: midnight(now, 0), to: midnight(now, 1) }],
    ['Yesterday', { from: midnight(now, -1), to: midnight(now, 0) }],
    ...longSpans(now),
  ]
}

/** Those of some days that end today. */
export function longSpans(now: Date): readonly NamedSpan[] {
  return [7, 30, 90].map((days) => [`${days} days`, { from: midnight(now, 1 - days), to: midnight(now, 1) }])
}

/** That at which the day of `now` began, or so many days after it. */
function midnight(now: Date, days: number): Date {
  return new Date(now.getTime() - (now.getTime() % DAY_MILLISECONDS) + days * DAY_MILLISECONDS)
}

/** Whether both are the same. */
export function isSameSpan(one: TimeSpan, other: TimeSpan): boolean {
  return one.from.getTime() === other.from.getTime() && one.to.getTime() === other.to.getTime()
}
