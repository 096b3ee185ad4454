/**
 * Looks at an issuer as the other side would: by its name alone, with the CAs that the world trusts, without redirects.
 *
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 * @module
 */

import { lookup } from 'node:dns/promises'
import { getCACertificates } from 'node:tls'
import { createHttpsClient, type HttpsClient } from '@landfast/agent/upstream'
import type { Proxies } from '@landfast/server/proxy'
import { LATE, withinDeadline } from '../check/deadline.ts'
import { type Document, type Fetched, type IssuerSeen, jwksUriIn } from './issuer-seen.ts'
import { isNestedDeep } from './nesting.ts'

/** By what the issuer is asked. */
export interface LookParts {
  /** A private CA, PEM: what only it or this host vouches for is seen, and told to be so. */
  ca: string | undefined
  proxies: Proxies
}

/** Hosts at which Microsoft answers: no document of ours can be there, so nothing is asked. */
const MICROSOFT = /(?:^|\.)(?:sts\.windows\.net|login\.microsoftonline\.com|login\.windows\.net)$/

/** What Node.js says of a certificate that it does not believe. */
const DISTRUST = /certificate|CERT|self.signed|altnames/i

/** What is seen at `issuer`; a name that is no URL is not asked for. */
export async function lookAtIssuer(issuer: string, parts: LookParts): Promise<Omit<IssuerSeen, 'own'>> {
  const url = URL.parse(issuer)
  if (url?.protocol !== 'https:') {
    const failure = 'it is no https URL'
    return { issuer, hosts: [], configuration: { failure }, keySet: { failure } }
  }
  if (MICROSOFT.test(url.hostname)) {
    const failure = `the documents at "${url.hostname}" are Microsoft’s; the setting "issuer-v1" of the control plane gives another issuer`
    return { issuer, hosts: [], configuration: { failure }, keySet: { failure } }
  }
  const configuration = await fetchDocument(
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    parts,
  )
  const [keySet, hosts] = await Promise.all([
    fetchKeys(configuration, parts),
    hostsOf([issuer, jwksUriIn(configuration)]),
  ])
  return { issuer, hosts, configuration, keySet }
}

async function fetchKeys(configuration: Fetched, parts: LookParts): Promise<Fetched> {
  if ('failure' in configuration)
    return { failure: 'the discovery document, which says where it is, is missing' }
  const uri = jwksUriIn(configuration)
  if (uri === undefined) return { failure: 'the discovery document names no https "jwks_uri"' }
  return await fetchDocument(uri, parts)
}

async function hostsOf(urls: readonly (string | undefined)[]): Promise<IssuerSeen['hosts']> {
  const names = urls.flatMap((url) => (url === undefined ? [] : [new URL(url).hostname]))
  return await Promise.all(
    [...new Set(names)].map(async (host) => ({ host, addresses: await addressesOf(host) })),
  )
}

async function addressesOf(hostname: string): Promise<string[]> {
  return await withinDeadline(
    async () => (await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true })).map(({ address }) => address),
    { late: [], failed: () => [] },
  )
}

/** The JSON document at `url`, and by whom its server was vouched for. */
export async function fetchDocument(url: string, { ca, proxies }: LookParts): Promise<Fetched> {
  const first = await fetchBy(createHttpsClient(publicRoots(), false, proxies), url)
  if ('document' in first) return { document: first.document, trustedBy: 'public' }
  if (!DISTRUST.test(first.failure)) return first
  const second = await fetchBy(createHttpsClient(ca, true, proxies), url)
  return 'document' in second ? { document: second.document, trustedBy: 'private' } : second
}

/** Mozilla's list, which comes with Node.js: an organization's own CA is in the store of this host alone. */
function publicRoots(): string {
  return getCACertificates('bundled').join('\n')
}

async function fetchBy(
  client: HttpsClient,
  url: string,
): Promise<{ document: Document } | { failure: string }> {
  try {
    return await withinDeadline<{ document: Document } | { failure: string }>(
      async (signal) => {
        const { status, headers, body, text } = await client.send(url, { signal })
        if (status >= 300 && status < 400) return { failure: `"${url}" redirects, which is not followed` }
        if (status !== 200) return { failure: `"${url}" answers ${status}` }
        if (body && isNestedDeep(text))
          return { failure: `"${url}" answers with JSON that is nested too deep` }
        if (body) return { document: body }
        return { failure: `"${url}" answers with ${kindOf(headers['content-type'])}, not with a JSON object` }
      },
      { late: { failure: `"${url}": ${LATE}` }, failed: ({ message }) => ({ failure: message }) },
    )
  } finally {
    client.close()
  }
}

function kindOf(type: string | string[] | undefined): string {
  return /^[\w.+-]+\/[\w.+-]+/.exec(String(type ?? ''))?.[0] ?? 'something'
}
