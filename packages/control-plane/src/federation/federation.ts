/**
 * Federation put together: everything that proves clients by tokens of other issuers.
 *
 * @module
 */

import { lookup } from 'node:dns/promises'
import type { Logger } from 'pino'
import type { ForeignProver } from '../authority/prove-holder.ts'
import { createForeignIssuers } from './foreign-issuers.ts'
import { createForeignProver, type ForeignTokenParts } from './foreign-token.ts'
import { type ForeignIssuers, readIssuerAccess } from './issuer-access.ts'
import { type OwnIssuerParts, withOwnIssuer } from './own-issuer.ts'

/** What federation works with. */
export interface FederationParts extends OwnIssuerParts, Pick<ForeignTokenParts, 'directory'> {
  foreignIssuers: ForeignIssuers
  log: Logger
  now: () => Date
}

/** Verifies tokens of every issuer; foreign ones are asked as the system resolves their names. */
export function createFederation(parts: FederationParts): ForeignProver {
  const { directory, foreignIssuers, log, now } = parts
  const foreign = createForeignIssuers({
    access: readIssuerAccess(foreignIssuers),
    resolve: (host) => lookup(host, { all: true }),
    log,
    now,
  })
  return createForeignProver({ directory, issuers: withOwnIssuer(parts, foreign) })
}
