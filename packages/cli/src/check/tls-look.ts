/**
 * Looks at the certificate that a server shows, believed or not, and at its clock. Nothing secret is sent.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, type RequestOptions, request } from 'node:https'
import { createSecureContext, type TLSSocket } from 'node:tls'
import { dateOf } from '@landfast/agent/upstream'
import { trustedRoots } from '@landfast/server'
import { createProxiedAgent, type ProxyChoice, type TunnelRequest } from '@landfast/server/proxy'
import type { Trust } from '../control-plane/trusted-ca.ts'
import type { ShownCertificate, TlsSeen } from './surroundings.ts'

/** More certificates than this are no chain. */
const CHAIN_MAX = 8

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/** How the look is made. */
interface TlsLook {
  trust: Trust
  /** Files that may hold the CA of the server. */
  candidates: readonly string[]
  choice: ProxyChoice
  signal: AbortSignal
}

/** What the server at `origin` shows to one who trusts `trust`, at the end of the chosen way. */
export async function lookAtTls(
  origin: string,
  { trust, candidates, choice, signal }: TlsLook,
): Promise<TlsSeen> {
  const { ca, usesSystemCa } = trust
  const roots = usesSystemCa || ca === undefined ? trustedRoots() : []
  const secureContext = createSecureContext({
    ca: [...[ca, choice.proxy?.ca].filter((pem) => pem !== undefined), ...roots],
    minVersion: 'TLSv1.2',
  })
  // What is not believed is to be shown, and nothing else is done with it.
  const options = { rejectUnauthorized: false, secureContext }
  const agent = choice.proxy ? createProxiedAgent(choice.proxy, options) : new Agent(options)
  const asked: RequestOptions & TunnelRequest = { method: 'HEAD', agent, signal, tunnelSignal: signal }
  const sent = request(origin, asked)
  const connected = shownBy(sent, candidates)
  const answered = once(sent, 'response').then(([response]) =>
    dateOf((response as IncomingMessage).headers.date),
  )
  sent.end()
  try {
    answered.catch(() => {})
    const shown = await connected
    return { ...shown, serverTime: await answered.catch(() => undefined) }
  } finally {
    sent.on('error', () => {}).destroy()
    agent.destroy()
  }
}

async function shownBy(
  sent: ReturnType<typeof request>,
  candidates: readonly string[],
): Promise<Omit<Exclude<TlsSeen, { error: string }>, 'serverTime'>> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
  sent.once('error', reject)
  sent.once('socket', (socket) => socket.once('secureConnect', () => resolve(socket as TLSSocket)))
  const socket = await promise
  const chain = chainOf(socket.getPeerX509Certificate())
  const distrust = socket.authorized ? undefined : String(socket.authorizationError)
  const helpfulFile =
    distrust === undefined ? undefined : candidates.find((file) => hasCaOf(file, chain.at(-1)))
  return { distrust, chain: chain.map(shown), helpfulFile }
}

function chainOf(first: X509Certificate | undefined): X509Certificate[] {
  const chain: X509Certificate[] = []
  for (let one = first; one && chain.length < CHAIN_MAX; one = one.issuerCertificate) {
    if (chain.at(-1)?.fingerprint256 === one.fingerprint256) break
    chain.push(one)
  }
  return chain
}

function shown({
  subject,
  issuer,
  subjectAltName = '',
  validFromDate,
  validToDate,
}: X509Certificate): ShownCertificate {
  const names = Array.from(subjectAltName.matchAll(/(?:DNS|IP Address):([^,\s]+)/g), ([, name = '']) => name)
  return {
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    names,
    validFrom: validFromDate,
    validTo: validToDate,
  }
}

/** The common name, or all that there is. */
function nameOf(name: string | undefined): string {
  return /^CN=(.*)$/m.exec(name ?? '')?.[1] ?? (name ?? '').replaceAll('\n', ', ')
}

/** Whether `file` holds `top` itself, or the CA that signed it. */
function hasCaOf(file: string, top: X509Certificate | undefined): boolean {
  if (!top) return false
  try {
    const certificates = (readFileSync(file, 'utf8').match(BLOCK) ?? []).map(
      (pem) => new X509Certificate(pem),
    )
    return certificates.some(
      (ca) => ca.fingerprint256 === top.fingerprint256 || (top.checkIssued(ca) && top.verify(ca.publicKey)),
    )
  } catch {
    return false
  }
}
