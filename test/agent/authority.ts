/**
 * A small authority over HTTPS with a CA of its own, which answers as a test says.
 *
 * @module
 */

import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Registration } from '@landfast/agent'
import { onTestFinished } from 'vitest'
import {
  certificateAuthorityOf,
  generateCertificateAuthority,
} from '../../packages/control-plane/src/certificates/certificate-authority.ts'
import { IDENTITY } from './fake-source.ts'

/** A request that came. */
export interface Seen {
  method: string
  path: string
  headers: NodeJS.Dict<string | string[]>
  form: URLSearchParams
}

/** What is sent back; `raw` instead of JSON. */
export interface Given {
  status?: number
  headers?: Record<string, string>
  json?: unknown
  raw?: string
  /** The connection is cut before the end. */
  cut?: true
}

/** A running authority. */
export interface TestAuthority {
  registration: Registration & { ca: string }
  url: string
  seen: Seen[]
  /** Answers everything but discovery. */
  answer: (request: Seen) => Given
  /** Answers discovery. */
  discover: () => Given
  /** Connections it took so far. */
  readonly connections: number
  /** How many of them took up the session of another. */
  readonly resumed: number
  /** Stops, as an authority that is down. */
  stop(): Promise<void>
  /** Starts again at the same address. */
  start(): Promise<void>
}

/** A name of it that only a proxy knows. */
export const AUTHORITY_NAME = 'authority.test'

/** The token of every answer, unless a test says otherwise. */
export const TOKEN_ANSWER: Given = {
  json: { access_token: 'the-token', expires_in: '3599', token_type: 'Bearer' },
}

const PATH = `/${IDENTITY.tenantId}`

/** Starts an authority on a free port of 127.0.0.1 that ends with the test. */
export async function startAuthority(): Promise<TestAuthority> {
  const ca = await certificateAuthorityOf(await generateCertificateAuthority(new Date()), () => new Date())
  const tls = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const machine = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const server = createServer({
    key: tls.privateKey.export({ format: 'pem', type: 'pkcs8' }),
    cert: await ca.certifyServer(tls.publicKey, ['127.0.0.1', 'localhost', AUTHORITY_NAME]),
  })
  let connections = 0
  let resumed = 0
  server.on('secureConnection', (socket) => {
    connections += 1
    if (socket.isSessionReused()) resumed += 1
  })
  await listen(server, 0)
  const { port } = server.address() as AddressInfo
  const url = `https://127.0.0.1:${port}`
  const authority: TestAuthority = {
    registration: {
      authority: `${url}${PATH}`,
      identity: IDENTITY,
      certificate: await ca.certifyMachine(machine.publicKey, IDENTITY.clientId),
      privateKey: machine.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      ca: ca.certificate,
    },
    url,
    seen: [],
    answer: () => TOKEN_ANSWER,
    discover: () => ({ json: { token_endpoint: `${url}${PATH}/oauth2/v2.0/token` } }),
    get connections() {
      return connections
    },
    get resumed() {
      return resumed
    },
    stop: () => stop(server),
    start: () => listen(server, port),
  }
  onTestFinished(() => stop(server))
  answerRequests(server, authority)
  return authority
}

function answerRequests(server: Server, authority: TestAuthority): void {
  server.on('request', async (request, response) => {
    const { method = '', url: path = '', headers } = request
    const seen = { method, path, headers, form: new URLSearchParams(await text(request)) }
    authority.seen.push(seen)
    const given = path.endsWith('/openid-configuration') ? authority.discover() : authority.answer(seen)
    response.writeHead(given.status ?? 200, { 'Content-Type': 'application/json', ...given.headers })
    if (given.cut) response.write('{', () => response.destroy())
    else response.end(given.raw ?? JSON.stringify(given.json))
  })
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}
