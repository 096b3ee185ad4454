/**
 * The addresses and ports of an endpoint. With the platform's key folder the platform's port is one of them, whatever port
 * was asked for: clients that read no variable ask it, and who had it could pass our challenge on to them.
 *
 * @see docs/security.md#the-platforms-port
 * @module
 */

import { isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import { ARC_KEY_FOLDER, ARC_PORT, styleOf, VM_ADDRESS, VM_PORT } from '@landfast/protocol'
import type { EndpointOptions, SecretEndpointOptions } from './endpoint-options.ts'

/** One port on some addresses. */
export interface Place {
  readonly addresses: readonly string[]
  /** 0 takes a free one. */
  readonly port: number
}

/** Where the endpoint listens, and, first of all, where it must. */
export function placesOf(options: EndpointOptions): { place: Place; platform: Place | undefined } {
  const { port, style } = options
  if ('atVmAddress' in options && options.atVmAddress) {
    return { place: { addresses: [VM_ADDRESS], port: port ?? VM_PORT }, platform: undefined }
  }
  const addresses = isOpenToOthers(options) ? [options.address] : styleOf(style).addresses
  const place = { addresses, port: port ?? (style === 'arc' ? ARC_PORT : 0) }
  const isElsewhere = readsPlatformFolder(options) && place.port !== ARC_PORT
  return { place, platform: isElsewhere ? { addresses, port: ARC_PORT } : undefined }
}

/** Whether it is at an address of the caller's choice, which other hosts reach. */
export function isOpenToOthers(
  options: EndpointOptions,
): options is SecretEndpointOptions & { address: string } {
  return 'address' in options && options.address !== undefined
}

/** How a program of this host names `address` in a URL; one that stands for all of them it reaches by loopback. */
export function hostInUrl(address: string): string {
  if (!isIPv6(address)) return address === '0.0.0.0' ? '127.0.0.1' : address
  const { hostname } = new URL(`http://[${address}]`)
  return hostname === '[::]' ? '[::1]' : hostname
}

/** Whether keys stand where clients look for them that read no variable. */
function readsPlatformFolder(options: EndpointOptions): boolean {
  if (options.style !== 'arc' || options.isFolderPrivate) return false
  return resolve(options.keyFolder ?? ARC_KEY_FOLDER) === ARC_KEY_FOLDER
}
