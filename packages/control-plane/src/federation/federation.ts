/**
 * Federation put together: everything that proves clients by tokens of other issuers.
 *
 * @module
 */

import type { LookupAddress } from 'node:dns'
import { lookup, Resolver } from 'node:dns/promises'
import type { Proxies } from '@landfast/server/proxy'
import type { Logger } from 'pino'
import type { ForeignProver } from '../authority/prove-holder.ts'
import { createForeignIssuers } from './foreign-issuers.ts'
import { createForeignProver, type ForeignTokenParts } from './foreign-token.ts'
import { type ForeignIssuers, readIssuerAccess } from './issuer-access.ts'
import { type OwnIssuerParts, withOwnIssuer } from './own-issuer.ts'

/** What the two questions for a name ask for. */
const FAMILIES = [4, 6] as const

/** Well within the time that an issuer has. */
const RESOLVE_MILLISECONDS = 1_500

/** What federation works with. */
export interface FederationParts extends OwnIssuerParts, Pick<ForeignTokenParts, 'directory'> {
  foreignIssuers: ForeignIssuers
  /** By what they are reached. Default: directly. */
  proxies?: Proxies | undefined
  log: Logger
  now: () => Date
}

/** Verifies tokens of every issuer; an operator's entry has its name resolved as the system does, every
 * other issuer by DNS alone. */
export function createFederation(parts: FederationParts): ForeignProver {
  const { directory, foreignIssuers, proxies, log, now } = parts
  const foreign = createForeignIssuers({
    access: readIssuerAccess(foreignIssuers),
    resolve: (host) => lookup(host, { all: true }),
    resolvePublic,
    proxies,
    log,
    now,
  })
  return createForeignProver({ directory, issuers: withOwnIssuer(parts, foreign) })
}

/** The system's resolver works in few threads, which names that nobody answers for would fill for everyone. */
async function resolvePublic(host: string): Promise<LookupAddress[]> {
  const resolver = new Resolver({ timeout: RESOLVE_MILLISECONDS, tries: 2 })
  const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const addresses = found.flatMap((answer, index) =>
    answer.status === 'fulfilled'
      ? answer.value.map((address) => ({ address, family: FAMILIES[index] ?? 4 }))
      : [],
  )
  const [failure] = found
  if (addresses.length === 0 && failure.status === 'rejected') throw failure.reason
  return addresses
}
