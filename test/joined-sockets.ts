/**
 * Two sockets of which each is sent what the other receives, as relays and load balancers in tests do.
 *
 * @module
 */

import type { Duplex } from 'node:stream'

/** Joins them; an error of one ends the other. */
export function joinSockets(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.destroy())
    from.pipe(to)
  }
}
