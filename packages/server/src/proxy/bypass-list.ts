/**
 * A list of hosts that are reached past a proxy, as curl reads `NO_PROXY`, and with ports.
 *
 * @see docs/proxy.md#what-goes-past-the-proxy
 * @see https://curl.se/libcurl/c/CURLOPT_NOPROXY.html
 * @module
 */

import { BlockList, isIP } from 'node:net'
import { domainToASCII } from 'node:url'

/** Where something is to be reached. */
export interface Target {
  /** A name, or an address without brackets. */
  readonly host: string
  readonly port: number
}

/** One entry of a list that can be used. */
interface Entry {
  readonly text: string
  readonly matches: (target: Target) => boolean
}

/** A list of hosts. */
export interface BypassList {
  /** The entry by which `target` is on the list. */
  find(target: Target): string | undefined
  /** Entries that mean nothing. */
  readonly unusable: readonly string[]
}

/** Reads entries that are separated by commas or spaces. */
export function parseBypassList(text: string): BypassList {
  const texts = text.split(/[\s,]+/).filter((entry) => entry !== '')
  const entries = texts.map(parseEntry)
  return {
    find: (target) => entries.find((entry) => entry?.matches(target))?.text,
    unusable: texts.filter((_text, index) => entries[index] === undefined),
  }
}

/** An entry without its port: an address or network, in brackets or not, or a name. */
const WITH_PORT = /^(?:\[(?<bracketed>[^\]]+)\]|(?<name>[^:[\]]+)):(?<port>\d{1,5})$/

function parseEntry(text: string): Entry | undefined {
  if (text === '*') return { text, matches: () => true }
  const { bracketed, name, port } = WITH_PORT.exec(text)?.groups ?? {}
  const host = bracketed ?? name ?? text.replace(/^\[(.*)\]$/, '$1')
  const matchesHost = hostMatcher(host)
  if (!matchesHost) return undefined
  return { text, matches: (target) => (!port || Number(port) === target.port) && matchesHost(target.host) }
}

function hostMatcher(host: string): ((host: string) => boolean) | undefined {
  return host.includes('/') || isIP(host) !== 0 ? addressMatcher(host) : nameMatcher(host)
}

function addressMatcher(text: string): ((host: string) => boolean) | undefined {
  const [address = '', bits, ...rest] = text.split('/')
  const family = familyOf(address)
  if (!family || rest.length > 0) return undefined
  const length = bits === undefined ? LONGEST[family] : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  if (!(length <= LONGEST[family])) return undefined
  const list = new BlockList()
  list.addSubnet(address, length, family)
  return (host) => {
    const hostFamily = familyOf(host)
    return hostFamily !== undefined && list.check(host, hostFamily)
  }
}

const LONGEST = { ipv4: 32, ipv6: 128 } as const

/** As {@link BlockList} calls them. */
function familyOf(address: string): keyof typeof LONGEST | undefined {
  const version = isIP(address)
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6'
}

/** A name, and every name below it; a dot or "*." in front makes no difference. */
function nameMatcher(text: string): ((host: string) => boolean) | undefined {
  const name = domainToASCII(withoutLastDot(text.replace(/^\*?\./, '')))
  if (name === '' || /[*:%]/.test(name)) return undefined
  return (host) => {
    const asked = withoutLastDot(host.toLowerCase())
    return isIP(host) === 0 && (asked === name || asked.endsWith(`.${name}`))
  }
}

function withoutLastDot(name: string): string {
  return name.replace(/\.$/, '')
}
