/**
 * The network of the machine as the VM's instance document has it.
 *
 * @see https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service#get-network-information
 * @module
 */

import type { NetworkInterfaceInfo } from 'node:os'
import type { Interfaces } from './machine-facts.ts'
import type { Node } from './node.ts'

/** `network`: every interface but loopback. Which address the world sees it by is not known here. */
export function networkOf(interfaces: Interfaces): Node {
  const outer = Object.values(interfaces).map((infos = []) => infos.filter(({ internal }) => !internal))
  return { interface: outer.filter((infos) => infos.length > 0).map(interfaceOf) }
}

function interfaceOf(infos: readonly NetworkInterfaceInfo[]): Node {
  const v4 = infos.filter(({ family }) => family === 'IPv4')
  const v6 = infos.filter(({ family }) => family === 'IPv6')
  return {
    ipv4: {
      ipAddress: v4.map(({ address }) => ({ privateIpAddress: address, publicIpAddress: '' })),
      subnet: v4.map(subnetOf),
    },
    ipv6: { ipAddress: v6.map(({ address }) => ({ privateIpAddress: address })) },
    macAddress: (infos[0]?.mac ?? '').replaceAll(':', '').toUpperCase(),
  }
}

function subnetOf({ address, netmask, cidr }: NetworkInterfaceInfo): Node {
  const mask = netmask.split('.').map(Number)
  const network = address.split('.').map((octet, index) => Number(octet) & (mask[index] ?? 0))
  return { address: network.join('.'), prefix: cidr?.split('/')[1] ?? '' }
}
