/**
 * The names by which a control plane calls itself: the public URL that its operator gave, else the host that it listens
 * on.
 *
 * @module
 */

import { type AddressInfo, isIPv6 } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { AuthorityNames } from '../authority/endpoints.ts'
import type { CheckedOptions } from '../options.ts'

/** The port of https, which clients leave out of every URL that they make of another one. */
const USUAL_PORT = 443

/** Addresses that mean every address of the machine and are no name to call it by. */
const WILDCARDS: readonly string[] = ['0.0.0.0', '::']

/**
 * The names. The port is known only once the server listens, which is before anybody can ask for a name, and no
 * longer while it closes, when the last requests still do.
 */
export function ownNames(server: FastifyInstance, options: CheckedOptions, tenantId: string): AuthorityNames {
  let origin = options.url
  const names: AuthorityNames = {
    tenantId,
    get origin() {
      origin ??= originOf(nameOfHost(options.host), server.server.address() as AddressInfo)
      return origin
    },
    get issuerV1() {
      return options.issuerV1?.(tenantId) ?? `${names.origin}/${tenantId}/`
    },
  }
  return names
}

/** The hosts that the server's certificate must name, first the one by which clients call. */
export function ownHosts({ host, url }: Pick<CheckedOptions, 'host' | 'url'>): readonly [string, string] {
  const own = nameOfHost(host)
  return [url === undefined ? own : hostOf(url), own]
}

/** The host in `url`, an address without its brackets. */
function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}

function nameOfHost(host: string): string {
  return WILDCARDS.includes(host) ? 'localhost' : host
}

function originOf(host: string, { port }: AddressInfo): string {
  const origin = `https://${isIPv6(host) ? `[${host}]` : host}`
  return port === USUAL_PORT ? origin : `${origin}:${port}`
}
