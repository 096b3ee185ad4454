/**
 * Decides which proxy a URL is reached through, and why: the settings first, then the variables of the environment as curl
 * reads them. The one place for agent, control plane and commands.
 *
 * @see docs/proxy.md
 * @module
 */

import { type BypassList, parseBypassList, type Target } from './bypass-list.ts'
import { whyOwn } from './own-host.ts'
import { ProxyError } from './proxy-error.ts'
import { type ProxyAddress, parseProxyUrl } from './proxy-url.ts'

/** What is set. Anything that is not is read from the environment. */
export interface ProxySettings {
  proxy?: ProxyAddress | undefined
  /** Hosts that are reached past the proxy; `NO_PROXY` does not count then. */
  bypass?: string | undefined
  /** Reads `USER:PASSWORD`; they count before those in a URL. Called for each new connection, so that a change counts. */
  readCredentials?: (() => Promise<string>) | undefined
  /** PEM of CAs that are trusted on the way through a proxy alone: its own, and that of one that opens TLS. */
  ca?: string | undefined
}

/** Variables by their names. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A proxy that was chosen. */
export interface ChosenProxy extends Pick<ProxySettings, 'ca'> {
  /** Without user and password, so that it may be shown. */
  readonly address: Omit<ProxyAddress, 'credentials'>
  /** The setting or variable that names it. */
  readonly source: string
  /** Whether it is a setting; a variable of the environment belongs to one process. */
  readonly isSetting: boolean
  /** `USER:PASSWORD`. @throws {ProxyError} `proxy_credentials_unreadable`. */
  credentials(): Promise<string | undefined>
}

/** How a URL is reached, and why. */
export type ProxyChoice =
  | { readonly proxy: ChosenProxy }
  | {
      readonly proxy: undefined
      /** No proxy is set, or it is not for what is on this host or its link, or not for a host on the list. */
      readonly reason: 'none' | 'loopback' | 'link-local' | 'bypass'
      /** The setting or variable that holds the list, and the entry in it. */
      readonly source?: string
      readonly entry?: string
    }

/** Chooses a proxy for each URL. */
export interface Proxies {
  /** @throws {ProxyError} `proxy_unusable` if the variable that counts for `url` names none that can be used. */
  choose(url: URL): ProxyChoice
}

/** As curl: the spelling in lower case first, and what is for all protocols last. */
const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'] as const

const BYPASS_VARIABLES = ['no_proxy', 'NO_PROXY'] as const

/** Proxies by `settings`, and by the variables in `environment` where these say nothing. */
export function createProxies(settings: ProxySettings, environment: Environment): Proxies {
  const bypass = bypassOf(settings, environment)
  return {
    choose(url) {
      const target = targetOf(url)
      const own = whyOwn(target.host)
      if (own) return { proxy: undefined, reason: own }
      const entry = bypass.list.find(target)
      if (entry !== undefined) return { proxy: undefined, reason: 'bypass', source: bypass.source, entry }
      const found = addressOf(settings, environment)
      return found ? { proxy: chosen(settings, found) } : { proxy: undefined, reason: 'none' }
    },
  }
}

/** `choice` in a clause: "through the proxy …" or "directly, since …". */
export function describeChoice(choice: ProxyChoice): string {
  if (choice.proxy) return `through the proxy "${choice.proxy.address.url}" of ${choice.proxy.source}`
  const { source, entry } = choice
  const reasons = {
    none: 'no proxy is set',
    loopback: 'it is on this host',
    'link-local': 'it is on the link of this host',
    bypass: `${source} has "${entry}"`,
  }
  return `directly, since ${reasons[choice.reason]}`
}

/** The host and port of `url`. */
export function targetOf({ hostname, port }: URL): Target {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 443 : Number(port) }
}

interface Found {
  address: ProxyAddress
  source: string
}

function chosen(
  { proxy, readCredentials, ca }: ProxySettings,
  { address: found, source }: Found,
): ChosenProxy {
  const { credentials, ...address } = found
  const read = async (): Promise<string | undefined> => {
    if (!readCredentials) return credentials
    return await readCredentials().catch((cause: Error) => {
      const detail = cause.message
      throw new ProxyError('proxy_credentials_unreadable', { proxy: address.url, source, detail, cause })
    })
  }
  return { address, source, isSetting: proxy !== undefined, ca, credentials: read }
}

function addressOf({ proxy }: ProxySettings, environment: Environment): Found | undefined {
  if (proxy) return { address: proxy, source: '"proxy-url"' }
  const source = PROXY_VARIABLES.find((name) => environment[name])
  if (!source) return undefined
  try {
    return { address: parseProxyUrl(environment[source] ?? ''), source }
  } catch (cause) {
    throw new ProxyError('proxy_unusable', { source, detail: (cause as Error).message, cause })
  }
}

function bypassOf({ bypass }: ProxySettings, environment: Environment): { list: BypassList; source: string } {
  if (bypass !== undefined) return { list: parseBypassList(bypass), source: '"proxy-bypass"' }
  const source = BYPASS_VARIABLES.find((name) => environment[name]) ?? 'NO_PROXY'
  return { list: parseBypassList(environment[source] ?? ''), source }
}
