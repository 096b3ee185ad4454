/**
 * An HTTPS server that plays a foreign issuer, well or badly, under names that only a test's resolver knows. Not
 * published.
 *
 * @module
 */

import type { LookupAddress } from 'node:dns'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import ipaddr from 'ipaddr.js'
import { onTestFinished } from 'vitest'
import type { IssuerNetworks } from '../federation/issuer-networks.ts'
import { makeCertificate } from './issuer-keys.ts'

/** The name of the server. */
export const HOST = 'issuer.test'

/** What no operator can allow: tests have no other address that is there on every machine. */
export const LOOPBACK: IssuerNetworks = [ipaddr.parseCIDR('127.0.0.0/8')]

/** Resolves every name to the loopback address. */
export const resolveToLoopback = async (): Promise<LookupAddress[]> => [{ address: '127.0.0.1', family: 4 }]

/** A server that runs until the end of the test. */
export interface ForeignServer {
  /** `https://HOST:PORT`. */
  origin: string
  /** Its certificate, which is its own CA. */
  ca: string
  /** The paths that were asked, in order. */
  asked: string[]
  /** How many connections it was offered. */
  connections: number
  /** Replaces how it answers. */
  answerWith(listener: RequestListener): void
  stop(): Promise<void>
}

/** Starts a server that answers by `listener`. */
export async function startForeignServer(listener: RequestListener): Promise<ForeignServer> {
  let answer = listener
  const { key, certificate } = await makeCertificate([{ type: 'dns', value: HOST }])
  const server = createServer({ key, cert: certificate }, (request, response) => {
    foreign.asked.push(request.url ?? '')
    answer(request, response)
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    foreign.connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const foreign: ForeignServer = {
    origin: `https://${HOST}:${port}`,
    ca: certificate,
    asked: [],
    connections: 0,
    answerWith: (next) => {
      answer = next
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  onTestFinished(() => foreign.stop())
  return foreign
}

/** Answers as an issuer does: both documents at their places. */
export function answerAsIssuer(
  documents: () => { issuer: string; keys: readonly object[] },
): RequestListener {
  return (request, response) => {
    const { issuer, keys } = documents()
    const found = request.url?.endsWith('/.well-known/openid-configuration')
      ? { issuer, jwks_uri: `${issuer.replace(/\/$/, '')}/keys` }
      : { keys }
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(found))
  }
}
