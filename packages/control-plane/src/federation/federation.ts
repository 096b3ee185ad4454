/**
 * Federation put together: everything that proves clients by tokens of other issuers.
 *
 * @module
 */

import type { Proxies } from '@landfast/server/proxy'
import type { Logger } from 'pino'
import type { ForeignProver } from '../authority/prove-holder.ts'
import { createForeignIssuers } from './foreign-issuers.ts'
import { createForeignProver, type ForeignTokenParts } from './foreign-token.ts'
import { type ForeignIssuers, readIssuerAccess } from './issuer-access.ts'
import { RESOLVERS } from './issuer-reach.ts'
import { type OwnIssuerParts, withOwnIssuer } from './own-issuer.ts'

/** What federation works with. */
export interface FederationParts extends OwnIssuerParts, Pick<ForeignTokenParts, 'directory'> {
  foreignIssuers: ForeignIssuers
  /** By what they are reached. Default: directly. */
  proxies?: Proxies | undefined
  log: Logger
  now: () => Date
}

/** Verifies tokens of every issuer. */
export function createFederation(parts: FederationParts): ForeignProver {
  const { directory, foreignIssuers, proxies, log, now } = parts
  const foreign = createForeignIssuers({
    access: readIssuerAccess(foreignIssuers),
    ...RESOLVERS,
    proxies,
    log,
    now,
  })
  return createForeignProver({ directory, issuers: withOwnIssuer(parts, foreign) })
}
