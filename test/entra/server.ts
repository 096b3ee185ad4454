/**
 * A strict stand-in for Entra ID: a small HTTPS server with its token endpoint, so that what Microsoft documents can
 * be tried where Microsoft's service cannot.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 * @module
 */

import { createServer, request } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { makeCertificate } from '../../packages/control-plane/src/testing/issuer-keys.ts'
import type { FaultName } from './faults.ts'
import type { Refusal } from './refusals.ts'
import { type EntraOptions, type EntraRequest, EntraService, type FaultOptions } from './service.ts'

/** A stand-in that runs. */
export interface Entra {
  /** `https://localhost:PORT`. */
  readonly authorityHost: string
  /** Its certificate (PEM), which is its own CA. */
  readonly ca: string
  /** Every request for a token, in order. */
  readonly requests: readonly EntraRequest[]
  /** Public half of the key that signs tokens. */
  readonly jwk: object
  /** Replaces the fault; undefined ends it. A refusal's number makes it the answer to everything. */
  setFault(fault: FaultName | Refusal | undefined, options?: FaultOptions): void
  /** Replaces what is registered on the application, as its administrator would. */
  setCredentials(credentials: EntraOptions['credentials']): void
  stop(): Promise<void>
}

/** Starts a stand-in on the loopback address. */
export async function startEntra(options: EntraOptions): Promise<Entra> {
  const { key, certificate } = await makeCertificate([
    { type: 'dns', value: 'localhost' },
    { type: 'ip', value: '127.0.0.1' },
  ])
  const server = createServer({ key, cert: certificate })
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((listening) => server.listen(options.port ?? 0, '127.0.0.1', listening))
  const authorityHost = `https://localhost:${(server.address() as AddressInfo).port}`
  const service = new EntraService(options, authorityHost, (url) => getDocument(url, options.issuerCa))
  server.on('request', (incoming, response) => void service.answer(incoming, response))
  return {
    authorityHost,
    ca: certificate,
    requests: service.requests,
    jwk: service.tokens.jwk,
    setFault: (fault, change) => service.setFault(fault, change),
    setCredentials: (credentials) => service.setCredentials(credentials),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function getDocument(url: string, ca: string | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, ...(ca !== undefined && { ca }) }, async (incoming) => {
      const body = Buffer.concat(await incoming.toArray()).toString()
      if (incoming.statusCode === 200) resolve(JSON.parse(body))
      else reject(new Error(`"${url}" answered ${incoming.statusCode}`))
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}
