/**
 * Networks and the addresses in them: from where a workload may ask, and where the agent may listen for one.
 *
 * @module
 */

import { BlockList, isIP } from 'node:net'
import type { HostNetworks } from './connected-networks.ts'

/** Tells whether an address is in one of some networks. */
export type Includes = (address: string) => boolean

/** Networks that no router of the internet leads to (RFC 1918, 4193, 6598; link-local ones). */
const PRIVATE = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
  'fe80::/10',
]

/** How Node writes an IPv4 address that came to an IPv6 socket. */
const MAPPED = /^::ffff:(?=\d+\.)/i

/** Whether `text` is a network such as `10.88.0.0/16`, or one address. */
export function isNetwork(text: string): boolean {
  return splitNetwork(text) !== undefined
}

/** Made when they are first asked for: to make them was a sixth of an agent's own part of its start, and most never ask. */
const known: Record<'private' | 'loopback', Includes | undefined> = {
  private: undefined,
  loopback: undefined,
}

/** Whether `address` is of a private network. */
export function isPrivate(address: string): boolean {
  known.private ??= networksOf(PRIVATE)
  return known.private(address)
}

function isLoopback(address: string): boolean {
  known.loopback ??= networksOf(['127.0.0.0/8', '::1'])
  return known.loopback(address)
}

/** Whether the agent listens for workloads at `address`: at any other, the secret would be all that keeps the world out. */
export function isWorkloadAddress(address: string): boolean {
  return isPrivate(address) || isLoopback(address)
}

/** A test for the networks in `texts`, each of which {@link isNetwork}. */
export function networksOf(texts: readonly string[]): Includes {
  const list = new BlockList()
  for (const text of texts) {
    const network = splitNetwork(text)
    if (network) list.addSubnet(network.address, network.bits, network.family)
  }
  return (address) => {
    const plain = plainAddress(address)
    const family = familyOf(plain)
    return family !== undefined && list.check(plain, family)
  }
}

/**
 * A test for the network of `address`, without the host's own addresses: what comes from one of those was sent by a
 * program of the host. Undefined if the host has no network with the address.
 */
export function neighboursOf(address: string, { interfaces, connected }: HostNetworks): Includes | undefined {
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? [])
  const told = all.filter((one) => one.address === address).flatMap(({ cidr }) => cidr ?? [])
  const networks = told.length > 0 ? told : narrowest(connected, address)
  if (networks.length === 0) return undefined
  const near = networksOf(networks)
  const own = new Set([address, ...all.map((one) => one.address)])
  return (other) => near(other) && !own.has(plainAddress(other))
}

function narrowest(networks: readonly string[], address: string): string[] {
  const around = networks.filter((network) => networksOf([network])(address))
  return around.toSorted((a, b) => lengthOf(b) - lengthOf(a)).slice(0, 1)
}

function lengthOf(network: string): number {
  return splitNetwork(network)?.bits ?? 0
}

/** An address as it is written where it is not mapped into IPv6. */
export function plainAddress(address: string): string {
  return address.replace(MAPPED, '')
}

function splitNetwork(text: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [, address = '', bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const family = familyOf(address)
  if (!family) return undefined
  const all = family === 'ipv4' ? 32 : 128
  const asked = bits === undefined ? all : Number(bits)
  return asked <= all ? { address, bits: asked, family } : undefined
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  switch (isIP(address)) {
    case 4:
      return 'ipv4'
    case 6:
      return 'ipv6'
    default:
      return undefined
  }
}
