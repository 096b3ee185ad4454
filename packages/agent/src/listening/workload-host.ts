/**
 * Whether a request of a workload names this host: by an address at which the agent listens, or by a name that container
 * engines give to their host. A web page that rebinds its own name to such an address sends that name.
 *
 * @see docs/protocol.md#the-gate
 * @module
 */

import { isIPv6 } from 'node:net'

/** What Docker and Podman call the host in the hosts file of a container. */
const ENGINE_NAMES = ['host.docker.internal', 'host.containers.internal']

const PORT = /:\d{1,5}$/

/** A test for Host headers at these addresses. */
export function workloadHosts(addresses: readonly string[]): (host: string | undefined) => boolean {
  const names = new Set([...ENGINE_NAMES, ...addresses.map(hostNameOf)])
  return (host = '') => names.has(host.toLowerCase().replace(PORT, ''))
}

/** An address as a client writes it that was given a URL. */
function hostNameOf(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname : address
}
