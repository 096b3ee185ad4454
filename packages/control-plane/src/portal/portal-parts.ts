/**
 * What the portal is made of: who is signed in, and a way to ask the routes of its own process. Once somebody is signed in
 * it has no other way to the registry, so it can do nothing that a caller of the routes could not.
 *
 * @module
 */

import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import type { Logger } from 'pino'
import type { PortalCodes } from '../admission/portal-codes.ts'
import type { PortalPeople } from '../admission/portal-people.ts'
import type { PortalSessions } from '../admission/portal-sessions.ts'
import type { Tickets } from '../admission/tickets.ts'
import type { AuthorityNames } from '../authority/endpoints.ts'
import type { Rights } from '../authorization/authorization.ts'
import type { WayParts } from '../federation/issuer-way.ts'
import type { RequestLimits } from '../limits/request-limits.ts'
import type { PortalProvider } from '../registry/people/portal-provider.ts'
import type { Announcements } from '../storage/announcements/announcements.ts'
import type { EncryptionKey } from '../storage/sealed-text.ts'

/** For the sign-in with the accounts of a company. */
export interface OpenIdParts {
  provider: PortalProvider
  people: PortalPeople
  /** How the provider is reached. */
  reach: Omit<WayParts, 'signal'>
  /** Seals what a browser carries to the provider and back. */
  encryptionKey: EncryptionKey
}

/** What it is given. */
export interface PortalParts {
  /** Absent where nobody signs in so. */
  openId?: OpenIdParts | undefined
  sessions: PortalSessions
  codes: PortalCodes
  /** Counts wrong codes among the wrong credentials. */
  limits: Pick<RequestLimits, 'wrong'>
  tickets: Pick<Tickets, 'lend'>
  /** What a principal may do, so that a page shows the forms that it may use. */
  rightsOf(principalId: string): Promise<Rights>
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
