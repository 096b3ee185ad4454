/**
 * How each issuer is reached: one that an operator made an entry for where that says, every other at public addresses alone.
 *
 * @module
 */

import type { LookupAddress } from 'node:dns'
import { lookup, Resolver } from 'node:dns/promises'
import type { Proxies } from '@landfast/server/proxy'
import type { IssuerAccess, Resolve, WayParts } from './issuer-way.ts'

/** By what issuers are reached. */
export interface ReachParts {
  /** How an issuer may be asked; without an entry only at public addresses, known by a public CA. */
  access: ReadonlyMap<string, IssuerAccess>
  resolve: Resolve
  /** Resolves the names of issuers without an entry in `access`. Default: `resolve`. */
  resolvePublic?: Resolve
  /** Default: directly. */
  proxies?: Proxies | undefined
}

/** How `issuer` is reached. */
export function reachOf(
  issuer: string,
  { access, resolve, resolvePublic = resolve, proxies }: ReachParts,
): Omit<WayParts, 'signal'> {
  const own = access.get(issuer)
  return { access: own ?? { networks: [] }, resolve: own ? resolve : resolvePublic, proxies }
}

/** An operator's entry has its name resolved as the system does, every other issuer by DNS alone. */
export const RESOLVERS: Pick<ReachParts, 'resolve' | 'resolvePublic'> = {
  resolve: (host) => lookup(host, { all: true }),
  resolvePublic,
}

/** What the two questions for a name ask for. */
const FAMILIES = [4, 6] as const

/** Well within the time that an issuer has. */
const RESOLVE_MILLISECONDS = 1_500

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
