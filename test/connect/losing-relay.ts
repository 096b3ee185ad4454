/**
 * A relay in front of a control plane, with its own TLS certificate, that can lose answers: the request has arrived and
 * done its work, but its sender never learns of it.
 *
 * @module
 */

import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, request, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import {
  certificateAuthorityOf,
  generateCertificateAuthority,
} from '../../packages/control-plane/src/certificates/certificate-authority.ts'

/** A running relay. */
export interface LosingRelay {
  url: string
  /** PEM. */
  ca: string
  /** As a join token names it. */
  caFingerprint: string
  /** Where requests go. */
  target: string
  /** Paths whose next answer is lost, each once. */
  lose: RegExp[]
  /** Paths that came, in their order. */
  seen: string[]
  /** No connection comes about any more. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** Starts a relay that ends with the test. */
export async function startLosingRelay(): Promise<LosingRelay> {
  const ca = await certificateAuthorityOf(await generateCertificateAuthority(new Date()), () => new Date())
  const tls = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const server = createServer({
    key: tls.privateKey.export({ format: 'pem', type: 'pkcs8' }),
    cert: await ca.certifyServer(tls.publicKey, ['127.0.0.1']),
  })
  await listen(server, 0)
  onTestFinished(() => close(server))
  const { port } = server.address() as AddressInfo
  const relay: LosingRelay = {
    url: `https://127.0.0.1:${port}`,
    ca: ca.certificate,
    caFingerprint: createHash('sha256').update(new X509Certificate(ca.certificate).raw).digest('base64url'),
    target: '',
    lose: [],
    seen: [],
    stop: () => close(server),
    start: () => listen(server, port),
  }
  server.on('request', (asked, answer) => void forward(relay, asked, answer))
  return relay
}

async function forward(relay: LosingRelay, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const path = asked.url ?? ''
  relay.seen.push(`${asked.method} ${path.split('?')[0]}`)
  if (path === '/landfast/v1/ca.pem') return void answer.end(relay.ca)
  const { method, headers } = asked
  const sent = request(`${relay.target}${path}`, { method, headers, rejectUnauthorized: false, agent: false })
  asked.pipe(sent)
  const [given] = (await once(sent, 'response')) as [IncomingMessage]
  const lost = relay.lose.findIndex((pattern) => pattern.test(`${method} ${path}`))
  if (lost >= 0) {
    relay.lose.splice(lost, 1)
    await given.toArray()
    answer.destroy()
    return
  }
  answer.writeHead(given.statusCode ?? 500, given.headers)
  given.pipe(answer)
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}
