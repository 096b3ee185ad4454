/**
 * What the portal is made of: who is signed in, and a way to ask the routes of its own process. It has no other way to the
 * registry, so it can do nothing that a caller of the routes could not.
 *
 * @module
 */

import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import type { Logger } from 'pino'
import type { PortalSessions } from '../admission/portal-sessions.ts'
import type { Tickets } from '../admission/tickets.ts'
import type { AuthorityNames } from '../authority/endpoints.ts'

/** What it is given. */
export interface PortalParts {
  sessions: PortalSessions
  tickets: Pick<Tickets, 'lend'>
  names: AuthorityNames
  log: Logger
  now: () => Date
}

/** What its pages work with. */
export interface PortalSiteParts extends PortalParts {
  /** Asks a route of this process, as a request from outside would. */
  inject(wish: InjectOptions): Promise<LightMyRequestResponse>
}
