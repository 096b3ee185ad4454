/**
 * A tunnel through an HTTP proxy, by `CONNECT`: bounded in time and in the size of the answer, and every failure named.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6
 * @module
 */

import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { isIP, type Socket } from 'node:net'
import type { ConnectionOptions, SecureContext } from 'node:tls'
import { trustedRoots } from '../trusted-roots.ts'
import type { Target } from './bypass-list.ts'
import type { ChosenProxy } from './proxies.ts'
import { ProxyError, type ProxyErrorCode } from './proxy-error.ts'

/** From the first packet to the proxy’s answer: within the time that a token may take in all. */
export const TUNNEL_MILLISECONDS = 7_000

/** How long a tunnel may take to open. */
export interface TunnelOptions {
  milliseconds?: number | undefined
  /** Ends the attempt early. */
  signal?: AbortSignal | undefined
}

/**
 * Opens a tunnel to `target`; nothing was sent to that yet.
 *
 * @throws {ProxyError} if there is none.
 */
export async function openTunnel(
  proxy: ChosenProxy,
  target: Target,
  { milliseconds = TUNNEL_MILLISECONDS, signal }: TunnelOptions = {},
): Promise<Socket> {
  const credentials = await proxy.credentials()
  const deadline = AbortSignal.timeout(milliseconds)
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const sent = send(proxy, requestOf(proxy, target, credentials), signal ? [deadline, signal] : [deadline])
  const state = { isConnected: false }
  sent.once('socket', (socket) => {
    socket.once(proxy.address.isTls ? 'secureConnect' : 'connect', () => {
      state.isConnected = true
    })
  })
  sent.once('connect', (answer: IncomingMessage, socket: Socket, head: Buffer) => {
    const code = refusalOf(answer, credentials !== undefined)
    if (!code) return resolve(opened(socket, head))
    socket.destroy()
    reject(failure(code, { proxy, target, detail: String(answer.statusCode) }))
  })
  sent.once('error', (cause: NodeJS.ErrnoException) => {
    const isLate = deadline.aborted
    const detail = isLate ? `${milliseconds / 1000} seconds` : (cause.code ?? cause.message)
    const code = isLate ? (state.isConnected ? 'proxy_silent' : 'proxy_unreachable') : explain(cause, state)
    reject(failure(code, { proxy, target, detail, cause }))
  })
  sent.end()
  return await promise
}

/** `[2001:db8::1]:443`, as requests and messages have it. */
function authorityOf({ host, port }: Target): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function requestOf(
  { address }: ChosenProxy,
  target: Target,
  credentials: string | undefined,
): RequestOptions {
  const authority = authorityOf(target)
  return {
    method: 'CONNECT',
    host: address.host,
    port: address.port,
    path: authority,
    agent: false,
    headers: {
      Host: authority,
      ...(credentials !== undefined && {
        'Proxy-Authorization': `Basic ${Buffer.from(credentials).toString('base64')}`,
      }),
    },
  }
}

function send(proxy: ChosenProxy, options: RequestOptions, signals: AbortSignal[]): ClientRequest {
  const signal = AbortSignal.any(signals)
  // An import of node:http would load all of its module, which takes megabytes.
  if (!proxy.address.isTls) return process.getBuiltinModule('node:http').request({ ...options, signal })
  const tls: ConnectionOptions = {
    // What the target is known by is no reason to send a password to the proxy, and no variable changes that.
    rejectUnauthorized: true,
    secureContext: trusting(proxy.ca),
    // Node.js would take it from the header "Host", which names the target.
    servername: isIP(proxy.address.host) === 0 ? proxy.address.host : '',
    ALPNProtocols: ['http/1.1'],
  }
  return process.getBuiltinModule('node:https').request({ ...options, ...tls, signal })
}

function trusting(ca: string | undefined): SecureContext {
  const { createSecureContext } = process.getBuiltinModule('node:tls')
  return createSecureContext({ ca: [...trustedRoots(), ...(ca === undefined ? [] : [ca])] })
}

/** A proxy must not send anything after its answer; if it did, the target's TLS will say so. */
function opened(socket: Socket, head: Buffer): Socket {
  if (head.length > 0) socket.unshift(head)
  return socket
}

/** Whether the proxy says that it is the target that does not answer. */
const TARGET_STATUSES: readonly unknown[] = [502, 503, 504]

/** The second is tinyproxy’s word for a wrong password; no target was asked yet that could have said it. */
const UNPROVEN_STATUSES: readonly unknown[] = [407, 401]

function refusalOf(
  { statusCode = 0, headers }: IncomingMessage,
  hasCredentials: boolean,
): ProxyErrorCode | undefined {
  if (statusCode >= 200 && statusCode < 300) return undefined
  if (statusCode < 200) return 'proxy_malformed'
  if (TARGET_STATUSES.includes(statusCode)) return 'proxy_target_unreachable'
  if (!UNPROVEN_STATUSES.includes(statusCode)) return 'proxy_refused'
  const schemes = String(headers['proxy-authenticate'] ?? '')
  if (schemes !== '' && !/(^|,)\s*basic\b/i.test(schemes)) return 'proxy_scheme_unsupported'
  return hasCredentials ? 'proxy_credentials_refused' : 'proxy_credentials_missing'
}

/** What Node.js says of a certificate that it does not believe. */
const DISTRUST = /CERT|SIGNATURE|ALTNAME|SELF_SIGNED|UNABLE_TO/

function explain(
  { code = '' }: NodeJS.ErrnoException,
  { isConnected }: { isConnected: boolean },
): ProxyErrorCode {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'proxy_unresolved'
  if (DISTRUST.test(code)) return 'proxy_untrusted'
  if (/^(HPE_|EPROTO|ERR_SSL)/.test(code)) return 'proxy_malformed'
  return isConnected ? 'proxy_closed' : 'proxy_unreachable'
}

function failure(
  code: ProxyErrorCode,
  known: { proxy: ChosenProxy; target: Target; detail: string; cause?: unknown },
): ProxyError {
  const { proxy, target, detail, cause } = known
  const { address, source } = proxy
  return new ProxyError(code, { proxy: address.url, source, target: authorityOf(target), detail, cause })
}
