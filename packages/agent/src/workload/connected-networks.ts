/**
 * The networks of this host's interfaces by the kernel's own tables. Node leaves out an interface without a carrier, which a
 * bridge gets with its first container, and up to a second late.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_net.5.html
 * @module
 */

import { readFileSync } from 'node:fs'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

/** The interfaces of this host, as `os.networkInterfaces` tells them. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/** Where this host is attached. */
export interface HostNetworks {
  readonly interfaces: Interfaces
  /** Networks that are reached without a gateway, such as `10.88.0.0/16`; of IPv6 each as an address of the host in it. */
  readonly connected: readonly string[]
}

/** The networks as they are now. */
export function readHostNetworks(): HostNetworks {
  const connected = [...parseRoutes(readTable('route')), ...parseAddresses(readTable('if_inet6'))]
  return { interfaces: networkInterfaces(), connected }
}

const NO_GATEWAY = '00000000'

/** The networks without a gateway in a table of the form of `/proc/net/route`. */
export function parseRoutes(table: string): string[] {
  const rows = table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
  return rows.flatMap(([, destination = '', gateway = '', , , , , mask = '']) => {
    const bits = bitsOf(mask)
    if (gateway !== NO_GATEWAY || !bits || destination.length !== 8) return []
    return [`${bytesOf(destination).join('.')}/${bits}`]
  })
}

/** Addresses with the lengths of their prefixes in a table of the form of `/proc/net/if_inet6`. */
export function parseAddresses(table: string): string[] {
  return table.split('\n').flatMap((line) => {
    const [, digits, length = ''] = /^([\da-f]{32}) [\da-f]{2} ([\da-f]{2}) /i.exec(line) ?? []
    return digits ? [`${digits.match(/.{4}/g)?.join(':')}/${Number.parseInt(length, 16)}`] : []
  })
}

/** The kernel prints the number as the processor has it: on all that we know, the last byte first. */
function bytesOf(hex: string): number[] {
  return [...Buffer.from(hex, 'hex').reverse()]
}

/** How many of the bits come before the first that is not set. */
function bitsOf(mask: string): number {
  const bits = bytesOf(mask).map((byte) => byte.toString(2).padStart(8, '0'))
  return /^1*/.exec(bits.join(''))?.[0].length ?? 0
}

/** Systems without such a table have what Node tells. */
function readTable(name: string): string {
  try {
    return readFileSync(`/proc/self/net/${name}`, 'utf8')
  } catch {
    return ''
  }
}
