/**
 * A small HTTP proxy of the tests' own: it opens tunnels, counts what it is asked for, and can be told to fail in every
 * way that proxies have. Names lead where a test says, so that nothing has to be resolved.
 *
 * @module
 */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import { joinSockets } from '../joined-sockets.ts'

/** One `CONNECT`. */
export interface AskedTunnel {
  /** `HOST:PORT`. */
  target: string
  /** `USER:PASSWORD`, as they came. */
  credentials: string | undefined
}

/** What a proxy is like. */
export interface ConnectProxyOptions {
  /** The local port behind every name. Default: the port that is asked for. */
  port?: number
  /** Only those who send this `USER:PASSWORD` get through. */
  credentials?: string
  /** Answers in the place of opening a tunnel. */
  answer?: (client: Duplex) => void
  /** With these it takes TLS itself. */
  tls?: { key: string; cert: string }
  /** Opens the TLS of every target, with this certificate. */
  opens?: { key: string; cert: string }
  /** Where it listens. Default 127.0.0.1. */
  host?: string
}

/** A proxy that runs until the test ends. */
export interface ConnectProxy {
  /** `http://HOST:PORT`. */
  url: string
  asked: AskedTunnel[]
  /** How many connections it took. */
  readonly connections: number
  /** Tunnels that are open. */
  readonly open: number
  stop(): Promise<void>
}

/** Starts a proxy. */
export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const { tls, host = '127.0.0.1' } = options
  const server: Server = tls ? createTlsServer(tls) : createServer()
  const sockets = new Set<Socket>()
  let connections = 0
  let open = 0
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  const asked: AskedTunnel[] = []
  server.on('connect', (request: IncomingMessage, client: Duplex) => {
    const { target, credentials } = readTunnel(request)
    asked.push({ target, credentials })
    client.on('error', () => {}).on('end', () => client.end())
    if (options.answer) return options.answer(client)
    if (options.credentials !== undefined && credentials !== options.credentials) return refuse(client)
    const port = options.port ?? Number(target.slice(target.lastIndexOf(':') + 1))
    const other = connect(port, '127.0.0.1', () => {
      open += 1
      client.on('close', () => {
        open -= 1
      })
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      if (options.opens) openTls(client, other, options.opens)
      else joinSockets(client, other)
    })
    other.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'))
  })
  await once(server.listen(0, host), 'listening')
  const stop = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(stop)
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    asked,
    get connections() {
      return connections
    },
    get open() {
      return open
    },
    stop,
  }
}

function openTls(client: Duplex, other: Socket, certificate: { key: string; cert: string }): void {
  const inside = new TLSSocket(client as Socket, { isServer: true, ...certificate })
  joinSockets(inside, connectTls({ socket: other, rejectUnauthorized: false }))
}

function readTunnel({ url = '', headers }: IncomingMessage): AskedTunnel {
  const [, encoded] = /^Basic (\S+)$/.exec(headers['proxy-authorization'] ?? '') ?? []
  return { target: url, credentials: encoded && Buffer.from(encoded, 'base64').toString() }
}

function refuse(client: Duplex): void {
  client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n')
}
