/**
 * One document of a foreign issuer, fetched over HTTPS: from an address that was checked and is then the one
 * connected to, without redirects, proxies or compression, and bounded in size and time.
 *
 * @module
 */

import type { LookupAddress } from 'node:dns'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { trustedRoots } from '@landfast/server'
import { FederationError } from './federation-error.ts'
import { type IssuerNetworks, mayContact } from './issuer-networks.ts'

/** Far above any issuer's documents: GitHub's keys have 5 kB. */
export const DOCUMENT_MAX_BYTES = 512 * 1024

/** A name may have many addresses; a connection is tried to the first few that are allowed. */
const ADDRESSES_MAX = 4

/** Every address of a host name, as the system resolves it. */
export type Resolve = (hostName: string) => Promise<readonly LookupAddress[]>

/** How one issuer may be asked. */
export interface IssuerAccess {
  networks: IssuerNetworks
  /** PEM of the CA to trust in the place of those that this host trusts. */
  ca?: string
}

/**
 * Fetches the JSON document at `url`, which is https.
 *
 * @throws {FederationError} with the reason why there is none.
 */
export async function fetchDocument(
  url: URL,
  options: { access: IssuerAccess; resolve: Resolve; signal: AbortSignal },
): Promise<unknown> {
  const { access, resolve, signal } = options
  try {
    const addresses = await allowedAddresses(hostOf(url), { networks: access.networks, resolve, signal })
    const answer = await ask(url, { addresses, ca: access.ca, signal })
    return parse(await readBody(checkHead(answer)))
  } catch (cause) {
    if (cause instanceof FederationError) throw cause
    throw new FederationError(signal.aborted ? 'issuer_slow' : 'issuer_unreachable', { cause })
  }
}

/** An IPv6 address stands in brackets in a URL. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

async function allowedAddresses(
  host: string,
  how: { networks: IssuerNetworks; resolve: Resolve; signal: AbortSignal },
): Promise<LookupAddress[]> {
  const family = isIP(host)
  const found = family
    ? [{ address: host, family }]
    : await resolveWithin(how.signal, () => how.resolve(host))
  const allowed = found.filter(({ address }) => mayContact(address, how.networks)).slice(0, ADDRESSES_MAX)
  if (allowed.length === 0) throw new FederationError('issuer_address_forbidden', { detail: `"${host}"` })
  return allowed
}

/** The system's resolver cannot be stopped, so it is left behind. */
async function resolveWithin<T>(signal: AbortSignal, resolve: () => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const resolved = resolve().catch((cause: unknown) => {
    throw new FederationError('issuer_unresolved', { cause })
  })
  try {
    return await Promise.race([resolved, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function ask(
  url: URL,
  options: { addresses: readonly LookupAddress[]; ca: string | undefined; signal: AbortSignal },
): Promise<IncomingMessage> {
  const { addresses, ca, signal } = options
  // Nothing is looked up again: what was checked is what is connected to.
  const lookup: LookupFunction = (_host, { all }, done) => {
    const [first] = addresses
    if (all) done(null, [...addresses])
    else done(null, first?.address ?? '', first?.family)
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      // A private agent: the global one would follow proxy variables, and keep connections.
      agent: new Agent({ keepAlive: false, secureContext: trusting(ca) }),
      headers: { Accept: 'application/json', 'Accept-Encoding': 'identity' },
      lookup,
      rejectUnauthorized: true,
      signal,
    })
    outgoing.on('error', reject)
    outgoing.once('response', resolve)
    outgoing.end()
  })
}

/** The CAs of this host are put together once. */
const hostsOwn: { context?: SecureContext } = {}

function trusting(ca: string | undefined): SecureContext {
  if (ca !== undefined) return createSecureContext({ ca })
  hostsOwn.context ??= createSecureContext({ ca: trustedRoots() })
  return hostsOwn.context
}

function checkHead(answer: IncomingMessage): IncomingMessage {
  const { statusCode = 0, headers } = answer
  const code = refusalOf(statusCode, headers)
  if (!code) return answer
  answer.destroy()
  throw new FederationError(code, code === 'issuer_status' ? { detail: String(statusCode) } : {})
}

function refusalOf(status: number, headers: IncomingMessage['headers']) {
  if (status !== 200) return 'issuer_status'
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') return 'issuer_answer_encoded'
  return Number(headers['content-length'] ?? 0) > DOCUMENT_MAX_BYTES ? 'issuer_answer_large' : undefined
}

/** Leaving the loop early ends the connection. */
async function readBody(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > DOCUMENT_MAX_BYTES) throw new FederationError('issuer_answer_large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new FederationError('issuer_answer_malformed', { cause })
  }
}
