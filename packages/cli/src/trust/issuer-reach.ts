/**
 * Whether the other side would come to the documents of an issuer: from where it asks, by the CAs and at the ports that it
 * knows.
 *
 * @module
 */

import { BlockList, isIP } from 'node:net'
import { type IssuerSeen, jwksUriIn } from './issuer-seen.ts'
import type { Target } from './targets.ts'

/** Whether the other side cannot fetch the keys, but takes them from a person. */
export function mustUpload(target: Target, seen: IssuerSeen): boolean {
  return (
    target.takesUploadedKeys &&
    (reachFault(target, seen) !== undefined || portFault(target, seen) !== undefined)
  )
}

/** Why the other side cannot come to the documents. */
export function reachFault(target: Target, { hosts, configuration, keySet }: IssuerSeen): string | undefined {
  const documents = [configuration, keySet]
  const unseen = documents.find((fetched) => 'failure' in fetched)
  if (unseen && 'failure' in unseen) return unseen.failure
  if (target.asksFrom === 'own-network') return undefined
  if (documents.some((one) => 'trustedBy' in one && one.trustedBy === 'private')) {
    return `only a private CA vouches for its certificate, which ${target.title} does not know; ${PUBLISH}`
  }
  const inside = hosts.find(({ host }) => isIP(bare(host)) !== 0 && isPrivate(bare(host)))
  return inside && `"${inside.host}" is no address of the internet, from which ${target.title} asks`
}

/** Why it may be that the other side cannot: a name may have other addresses elsewhere. */
export function reachWarning({ asksFrom, title }: Target, { hosts }: IssuerSeen): string | undefined {
  if (asksFrom === 'own-network') return undefined
  const inside = hosts.find(({ addresses }) => addresses.length > 0 && addresses.every(isPrivate))
  return (
    inside &&
    `from here "${inside.host}" is at ${inside.addresses.join(', ')}, a private address; ${title} asks from the internet`
  )
}

/** Why the other side does not ask at the port of the issuer, or where it asks for any document, at that of the keys. */
export function portFault(
  { port, title }: Target,
  { issuer, configuration }: IssuerSeen,
): string | undefined {
  if (port === 'any') return undefined
  const keys = port === '443' ? jwksUriIn(configuration) : undefined
  const found = [issuer, keys].find((url) => url !== undefined && URL.parse(url)?.port)
  return found && `${title} asks at port 443 alone, not at that of "${found}"; ${ADVICE}`
}

const PUBLISH =
  'give the address a certificate of a public CA, or publish what "landfast control-plane export-discovery" writes'

const ADVICE = 'the setting "issuer-v1" of the control plane and exported documents make do without a port'

/** @see https://www.iana.org/assignments/iana-ipv4-special-registry */
const PRIVATE_NETWORKS = [
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
] as const

const PRIVATE = new BlockList()
for (const [network, prefix, family] of PRIVATE_NETWORKS) PRIVATE.addSubnet(network, prefix, family)

function isPrivate(address: string): boolean {
  return PRIVATE.check(address, address.includes(':') ? 'ipv6' : 'ipv4')
}

/** An IPv6 address stands in brackets in a URL. */
function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}
