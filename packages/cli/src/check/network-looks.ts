/**
 * Looks at the way to the control plane: its name, its port, its certificate, its authority. Every look ends in bounded
 * time.
 *
 * @module
 */

import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createHttpsClient } from '@landfast/agent/upstream'
import { describeChoice, type Proxies, type ProxyChoice, targetOf } from '@landfast/server/proxy'
import { SUBSCRIPTIONS } from '../control-plane/api-versions.ts'
import type { Trust } from '../control-plane/trusted-ca.ts'
import { LATE, withinDeadline } from './deadline.ts'
import type { Seen } from './finding.ts'
import type { AuthoritySeen, NetworkSeen } from './surroundings.ts'
import { lookAtTls } from './tls-look.ts'

/** The two documents by which the authority tells of itself, below the tenant. */
const DOCUMENTS = ['/v2.0/.well-known/openid-configuration', '/.well-known/openid-configuration'] as const

/** What the looks go by. */
export interface NetworkTarget {
  /** The control plane's origin. */
  url: string
  /** `https://HOST[:PORT]/{tenant}` if this host is connected. */
  authority: string | undefined
  trust: Trust
  trustUnseen: string | undefined
  /** Files that may hold the CA. */
  candidates: readonly string[]
  /** What chooses a proxy, or why there is none that does. */
  proxies: Proxies | { error: string }
}

/** What is seen of the control plane. */
export async function lookAtNetwork(target: NetworkTarget): Promise<NetworkSeen> {
  const { url, trustUnseen } = target
  const own = targetOf(new URL(url))
  const choice = chooseWay(target)
  if ('error' in choice) {
    const spot = { ...own, isProxy: false }
    const unseen = unseenFor('its proxy cannot be used')
    return { url, host: own.host, way: choice, spot, trustUnseen, addresses: unseen.tls, ...unseen }
  }
  const { proxy } = choice
  const spot = proxy
    ? { host: proxy.address.host, port: proxy.address.port, isProxy: true }
    : { ...own, isProxy: false }
  const place = { url, host: own.host, way: { clause: describeChoice(choice) }, spot, trustUnseen }
  return { ...place, ...(await lookAlong(target, choice, spot)) }
}

function chooseWay({ url, proxies }: NetworkTarget): ProxyChoice | { error: string } {
  if ('error' in proxies) return proxies
  try {
    return proxies.choose(new URL(url))
  } catch (error) {
    return { error: (error as Error).message }
  }
}

async function lookAlong(
  target: NetworkTarget,
  choice: ProxyChoice,
  { host, port }: NetworkSeen['spot'],
): Promise<Pick<NetworkSeen, 'addresses' | 'connections' | 'tls' | 'authority'>> {
  const addresses = await lookUp(host)
  if ('unseen' in addresses || 'error' in addresses.value)
    return { addresses, ...unseenFor('its name has no address') }
  const connections = { value: await tryAll(addresses.value, port) }
  const isOpen = connections.value.some(({ error }) => error === undefined)
  if (!isOpen) return { addresses, ...unseenFor('it takes no connection'), connections }
  const [tls, authority] = await Promise.all([lookAtCertificate(target, choice), lookAtAuthority(target)])
  return { addresses, connections, tls: { value: tls }, authority: { value: authority } }
}

function unseenFor(reason: string): Record<'connections' | 'tls' | 'authority', { unseen: string }> {
  const unseen = { unseen: `the control plane could not be asked: ${reason}` }
  return { connections: unseen, tls: unseen, authority: unseen }
}

async function lookUp(host: string): Promise<Seen<readonly string[] | { error: string }>> {
  const value = await withinDeadline<readonly string[] | { error: string }>(
    async () => [...new Set((await lookup(host, { all: true })).map(({ address }) => address))],
    { late: { error: LATE }, failed: ({ code, message }) => ({ error: code ?? message }) },
  )
  return { value }
}

function tryAll(addresses: readonly string[], port: number): Promise<{ address: string; error?: string }[]> {
  return Promise.all(addresses.map((address) => tryOne(address, port)))
}

async function tryOne(address: string, port: number): Promise<{ address: string; error?: string }> {
  return await withinDeadline<{ address: string; error?: string }>(
    async (signal) => {
      const socket = connect({ host: address, port })
      signal.addEventListener('abort', () => socket.destroy(), { once: true })
      try {
        await once(socket, 'connect', { signal })
        return { address }
      } finally {
        socket.destroy()
      }
    },
    { late: { address, error: LATE }, failed: ({ code, message }) => ({ address, error: code ?? message }) },
  )
}

async function lookAtCertificate({ url, trust, candidates }: NetworkTarget, choice: ProxyChoice) {
  return await withinDeadline((signal) => lookAtTls(url, { trust, candidates, choice, signal }), {
    late: { error: LATE },
    failed: ({ message }) => ({ error: message }),
  })
}

/** As the agent does it: with what it trusts, and with nothing else. */
async function lookAtAuthority({
  url,
  authority,
  trust,
  proxies,
}: NetworkTarget): Promise<AuthoritySeen | { error: string }> {
  const client = createHttpsClient(trust.ca, trust.usesSystemCa, 'error' in proxies ? undefined : proxies)
  try {
    return await withinDeadline<AuthoritySeen | { error: string }>(
      async (signal) => {
        const found = authority ?? (await statedBy(client, url, signal))
        if (found === undefined) return { error: `"${url}" answers, but not as a control plane does` }
        const answers = await Promise.all(DOCUMENTS.map((path) => client.send(found + path, { signal })))
        const failed = answers.find(({ status }) => status >= 500)
        // Of a load balancer, say.
        if (failed)
          return { error: `"${found}" answers ${failed.status}: no control plane behind it is ready` }
        const documents = answers.map(({ body }) => body ?? {})
        return readDocuments(found, documents)
      },
      { late: { error: `the authority gave ${LATE}` }, failed: ({ message }) => ({ error: message }) },
    )
  } finally {
    client.close()
  }
}

/** Resource Manager tells a caller without a token where to get one. */
async function statedBy(
  client: ReturnType<typeof createHttpsClient>,
  url: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { headers } = await client.send(`${url}/subscriptions?api-version=${SUBSCRIPTIONS.apiVersion}`, {
    signal,
  })
  return /\bauthorization="(https:\/\/[^/"]+\/[^/"]+)"/.exec(String(headers['www-authenticate']))?.[1]
}

function readDocuments(
  authority: string,
  documents: readonly Readonly<Record<string, unknown>>[],
): AuthoritySeen | { error: string } {
  const tokenEndpoint = documents[0]?.token_endpoint
  if (typeof tokenEndpoint !== 'string')
    return { error: `"${authority}" says of no place where tokens are asked for` }
  const issuers = documents.map(({ issuer }) => issuer).filter((issuer) => typeof issuer === 'string')
  return { authority, tokenEndpoint, issuers: [...new Set(issuers)] }
}
