/**
 * The addresses that a foreign issuer may have: public ones, and private ones that the operator allows this issuer. All
 * others (loopback, link-local, multicast, translated, reserved, …) are never contacted.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 * @module
 */

import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A range of addresses. */
export type Network = ReturnType<typeof ipaddr.parseCIDR>

/** Ranges that `readNetworks` has found to be private, in which one issuer may be. */
export type IssuerNetworks = readonly Network[]

/** The only ranges that an operator may open: RFC 1918 and RFC 4193. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'].map((range) =>
  ipaddr.parseCIDR(range),
)

/** What is global in IPv6; the library calls everything unicast that has no special purpose. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3')

/**
 * Reads `ranges` in CIDR notation.
 *
 * @throws {RangeError} if one is not within a private range.
 */
export function readNetworks(ranges: readonly string[]): IssuerNetworks {
  return ranges.map((range) => {
    const network = ipaddr.isValidCIDR(range) ? ipaddr.parseCIDR(range) : undefined
    if (network && PRIVATE.some((outer) => isWithin(network, outer))) return network
    throw new RangeError(
      `the network "${range}" is not within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fc00::/7; name a private one, such as 10.1.0.0/16`,
    )
  })
}

/** Whether an issuer with these `networks` may be contacted at `address`, as a resolver or a URL gives it. */
export function mayContact(address: string, networks: IssuerNetworks): boolean {
  // The library also reads octal, short and scoped forms, which no resolver gives.
  if (isIP(address) === 0 || address.includes('%')) return false
  const parsed = ipaddr.parse(address)
  return isPublic(parsed) || networks.some((network) => matches(parsed, network))
}

type Address = Network[0]

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false
  return address.kind() === 'ipv4' || matches(address, GLOBAL_IPV6)
}

function isWithin([address, bits]: Network, outer: Network): boolean {
  return bits >= outer[1] && matches(address, outer)
}

/** Addresses of the two kinds never match, so that no IPv6 form of an IPv4 address gets in by a range of IPv4. */
function matches(address: Address, network: Network): boolean {
  return address.kind() === network[0].kind() && address.match(network)
}
