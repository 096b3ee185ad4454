/**
 * Tickets: by one the portal asks a route of this process in the name of who is signed in. A ticket is good for one request,
 * is kept in memory alone and never leaves the process.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'

const SCHEME = 'Landfast-Ticket '
const TICKET_BYTES = 32

/** The tickets of one process. */
export interface Tickets {
  /**
   * Calls `ask` with the header `Authorization` of one request of the principal with this object id. When `ask` has ended
   * the ticket is gone, used or not.
   */
  lend<T>(principalId: string, ask: (authorization: string) => Promise<T>): Promise<T>
  /** Whose ticket the header holds; undefined if it holds none that is good. It is spent by that. */
  redeem(authorization: string | undefined): string | undefined
}

/** Tickets of which there is none yet. */
export function createTickets(): Tickets {
  const holders = new Map<string, string>()
  return {
    lend: async (principalId, ask) => {
      const ticket = `${SCHEME}${randomBytes(TICKET_BYTES).toString('base64url')}`
      holders.set(ticket, principalId)
      try {
        return await ask(ticket)
      } finally {
        holders.delete(ticket)
      }
    },
    redeem: (authorization) => {
      if (!authorization?.startsWith(SCHEME)) return undefined
      const holder = holders.get(authorization)
      holders.delete(authorization)
      return holder
    },
  }
}
