/**
 * Tells what is on this host or its own link: such an endpoint is never reached through a proxy, whatever is set.
 *
 * @module
 */

import { BlockList, isIP } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')
// What is not specified is connected to as this host.
LOOPBACK.addSubnet('0.0.0.0', 8)
LOOPBACK.addAddress('::', 'ipv6')

const LINK_LOCAL = new BlockList()
LINK_LOCAL.addSubnet('169.254.0.0', 16)
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6')

/** Names that mean this host wherever they are looked up. */
const NAMES: readonly string[] = ['localhost', 'localhost.localdomain', 'ip6-localhost', 'ip6-loopback']

/** Why `host`, a name or an address without brackets, is this host's own; undefined if it is not. */
export function whyOwn(host: string): 'loopback' | 'link-local' | undefined {
  const version = isIP(host)
  if (version === 0) {
    const name = host.toLowerCase().replace(/\.$/, '')
    return NAMES.includes(name) || name.endsWith('.localhost') ? 'loopback' : undefined
  }
  const family = version === 4 ? 'ipv4' : 'ipv6'
  if (LOOPBACK.check(host, family)) return 'loopback'
  return LINK_LOCAL.check(host, family) ? 'link-local' : undefined
}
