/**
 * When which key of TLS session tickets is used. One is used at a time: what another has sealed is opened no more, and its
 * client makes a whole handshake, which takes a fifth more and not an answer longer.
 *
 * @module
 */

/** How long each key is used, and so for how long at most a stolen one is of use, but for `TICKET_SECONDS`. */
const TERM_MILLISECONDS = 6 * 3_600_000

/** How long before its time a key is made: replicas read the table more often. */
const AHEAD_MILLISECONDS = 300_000

/** How far the clock of the replica that made a key may have been ahead. */
const CLOCK_AHEAD_MILLISECONDS = 3_600_000

/** How long a client may come back with a ticket: twelve heartbeats. */
export const TICKET_SECONDS = 3600

/** One key, milliseconds since 1970. */
export interface TicketKeyTime {
  beginsAt: number
}

/**
 * The key that is used at `time`: the last whose time has come, or else the next. A replica whose clock was a moment ahead may
 * have made the only one.
 */
export function ticketKeyAt<Key extends TicketKeyTime>(keys: readonly Key[], time: number): Key | undefined {
  const ordered = keys.toSorted(byBeginning)
  return ordered.findLast(({ beginsAt }) => beginsAt <= time) ?? ordered[0]
}

/** When another key is to begin, if it is time to make it. */
export function nextTicketKeyBegins(keys: readonly TicketKeyTime[], time: number): number | undefined {
  const present = ticketKeyAt(keys, time)
  if (!present) return time
  const last = keys.toSorted(byBeginning).at(-1) ?? present
  const due = last.beginsAt + TERM_MILLISECONDS
  return due - AHEAD_MILLISECONDS <= time ? Math.max(due, time) : undefined
}

/** Whether a key is to be deleted at `time`: another took its place, or a clock that was wrong made it. */
export function isSpentTicketKey(key: TicketKeyTime, keys: readonly TicketKeyTime[], time: number): boolean {
  const present = ticketKeyAt(keys, time)
  const isFormer = present !== undefined && key.beginsAt < present.beginsAt
  return isFormer || key.beginsAt > time + AHEAD_MILLISECONDS + CLOCK_AHEAD_MILLISECONDS
}

function byBeginning(one: TicketKeyTime, other: TicketKeyTime): number {
  return one.beginsAt - other.beginsAt
}
