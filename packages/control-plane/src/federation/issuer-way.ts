/**
 * The way to a foreign issuer: directly to an address that was checked, or by name through a proxy, after what can be known
 * of its addresses here was checked.
 *
 * @see docs/federation.md
 * @see docs/proxy.md#issuers-of-federated-credentials
 * @module
 */

import type { LookupAddress } from 'node:dns'
import { Agent, type AgentOptions } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { trustedRoots } from '@landfast/server'
import { type ChosenProxy, createProxiedAgent, type Proxies } from '@landfast/server/proxy'
import { FederationError } from './federation-error.ts'
import { type IssuerNetworks, mayContact } from './issuer-networks.ts'

/** A name may have many addresses; a connection is tried to the first few that are allowed. */
const ADDRESSES_MAX = 4

/** A network with a proxy often resolves no names of the internet, and an issuer has little time in all. */
const RESOLVE_BEFORE_PROXY_MILLISECONDS = 1_000

/** How long the proxy may take to open a tunnel. */
const TUNNEL_MILLISECONDS = 3_000

/** Every address of a host name, as the system resolves it. */
export type Resolve = (hostName: string) => Promise<readonly LookupAddress[]>

/** How one issuer may be asked. */
export interface IssuerAccess {
  networks: IssuerNetworks
  /** PEM of the CA to trust in the place of those that this host trusts. */
  ca?: string
}

/** By what an issuer is found. */
export interface WayParts {
  access: IssuerAccess
  resolve: Resolve
  /** Default: none, and every issuer is reached directly. */
  proxies?: Proxies | undefined
  signal: AbortSignal
}

/** A way. */
export interface IssuerWay {
  agent: Agent
  /** Gives the addresses that were checked; absent where a proxy looks up the name. */
  lookup?: LookupFunction
  /** The proxy on it. */
  proxy?: ChosenProxy
}

/**
 * The way to `url`.
 *
 * @throws {FederationError} `issuer_unresolved` or `issuer_address_forbidden`, or a ProxyError.
 */
export async function wayTo(url: URL, parts: WayParts): Promise<IssuerWay> {
  const host = hostOf(url)
  const { ca } = parts.access
  const proxy = parts.proxies?.choose(url).proxy
  if (proxy) {
    await checkBeforeProxy(host, parts)
    const options = { keepAlive: false, rejectUnauthorized: true, secureContext: trusting(ca, proxy.ca) }
    return { agent: createProxiedAgent(proxy, options, TUNNEL_MILLISECONDS), proxy }
  }
  const addresses = await allowedAddresses(host, parts)
  // A private agent: the global one would follow proxy variables, and keep connections.
  const options: AgentOptions = { keepAlive: false, rejectUnauthorized: true, secureContext: trusting(ca) }
  return { agent: new Agent(options), lookup: lookupOf(addresses) }
}

/** An IPv6 address stands in brackets in a URL. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** Nothing is looked up again: what was checked is what is connected to. */
function lookupOf(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, { all }, done) => {
    const [first] = addresses
    if (all) done(null, [...addresses])
    else done(null, first?.address ?? '', first?.family)
  }
}

/**
 * The proxy looks the name up by itself and takes any of its addresses, so each must be allowed. A name that only the proxy
 * can resolve is left to the proxy's rules, but not one without a dot, which only a private network has.
 */
async function checkBeforeProxy(host: string, parts: WayParts): Promise<void> {
  const { networks } = parts.access
  const found = await addressesOf(host, parts, RESOLVE_BEFORE_PROXY_MILLISECONDS).catch((error: unknown) => {
    const isLeft = error instanceof FederationError && host.includes('.')
    if (!isLeft || parts.signal.aborted) throw error
    return []
  })
  if (!found.every(({ address }) => mayContact(address, networks))) throw forbidden(host)
}

async function allowedAddresses(host: string, parts: WayParts): Promise<LookupAddress[]> {
  const found = await addressesOf(host, parts)
  const { networks } = parts.access
  const allowed = found.filter(({ address }) => mayContact(address, networks)).slice(0, ADDRESSES_MAX)
  if (allowed.length === 0) throw forbidden(host)
  return allowed
}

function forbidden(host: string): FederationError {
  return new FederationError('issuer_address_forbidden', { detail: `"${host}"` })
}

async function addressesOf(
  host: string,
  { resolve, signal }: WayParts,
  milliseconds?: number,
): Promise<readonly LookupAddress[]> {
  const family = isIP(host)
  if (family) return [{ address: host, family }]
  return await resolveWithin(signal, milliseconds, () => resolve(host))
}

/** The system's resolver cannot be stopped, so it is left behind. */
async function resolveWithin<T>(
  signal: AbortSignal,
  milliseconds: number | undefined,
  resolve: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  const late = () => aborted.reject(new FederationError('issuer_unresolved'))
  signal.addEventListener('abort', abort, { once: true })
  const timer = milliseconds === undefined ? undefined : setTimeout(late, milliseconds)
  const resolved = resolve().catch((cause: unknown) => {
    throw new FederationError('issuer_unresolved', { cause })
  })
  try {
    return await Promise.race([resolved, aborted.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** The CAs of this host are put together once. */
const hostsOwn: { context?: SecureContext } = {}

function trusting(ca: string | undefined, proxyCa?: string): SecureContext {
  if (proxyCa !== undefined) return createSecureContext({ ca: [...(ca ? [ca] : trustedRoots()), proxyCa] })
  if (ca !== undefined) return createSecureContext({ ca })
  hostsOwn.context ??= createSecureContext({ ca: trustedRoots() })
  return hostsOwn.context
}
