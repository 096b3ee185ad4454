/**
 * What the portal is made of: who is signed in, and a way to ask the routes of its own process. It has no other way to the
 * registry, so it can do nothing that a caller of the routes could not.
 *
 * @module
 */

import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import type { Logger } from 'pino'
import type { PortalCodes } from '../admission/portal-codes.ts'
import type { PortalSessions } from '../admission/portal-sessions.ts'
import type { Tickets } from '../admission/tickets.ts'
import type { AuthorityNames } from '../authority/endpoints.ts'
import type { RequestLimits } from '../limits/request-limits.ts'
import type { Announcements } from '../storage/announcements/announcements.ts'

/** What it is given. */
export interface PortalParts {
  sessions: PortalSessions
  codes: PortalCodes
  /** Counts wrong codes among the wrong credentials. */
  limits: Pick<RequestLimits, 'wrong'>
  tickets: Pick<Tickets, 'lend'>
  names: AuthorityNames
  /** That something has changed, and not what. */
  announcements: Pick<Announcements, 'listen'>
  /** Aborted when the control plane is told to stop. */
  ending: AbortSignal
  log: Logger
  now: () => Date
}

/** What its pages work with. */
export interface PortalSiteParts extends PortalParts {
  /** Asks a route of this process, as a request from outside would. */
  inject(wish: InjectOptions): Promise<LightMyRequestResponse>
}
