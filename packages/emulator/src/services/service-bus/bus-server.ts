/**
 * A small Service Bus on this machine: queues in memory, for programs that bring a token of the emulator.
 *
 * @see docs/emulator.md#whole-applications
 * @see https://docs.oasis-open.org/amqp/core/v1.0/amqp-core-overview-v1.0.html
 * @module
 */

import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { startListening, stopperOf } from '@landfast/server'
import rhea from 'rhea'
import { TokenVerifier, type TrustingService } from '../token-verifier.ts'
import { BUS_AUDIENCE, BusClaims } from './bus-claims.ts'
import { BusConnection } from './bus-connection.ts'
import { MESSAGE_MAX_BYTES } from './bus-message.ts'
import { Queues } from './queues.ts'

/** More than a test has, and less than a process has descriptors. */
const CONNECTIONS_MAX = 512

/** The port of AMQP over TLS, and the only one that clients in most languages can be led to. */
const USUAL_PORT = 5671

/** Until a client has opened its connection, and how long one may be silent that has. */
const OPEN_WITHIN_MILLISECONDS = 30_000
const SILENT_MAX_MILLISECONDS = 60_000

/** A running Service Bus. */
export interface BusServer {
  /** As clients write it; the port is left out where it is the usual one. */
  readonly namespace: string
  stop(): Promise<void>
}

/** Starts one on the usual port, or on another if a program has that already. */
export async function startBusServer(options: TrustingService): Promise<BusServer> {
  const { key, certificate: cert, ...trust } = options
  const verifier = new TokenVerifier(trust, BUS_AUDIENCE)
  const nowMilliseconds = () => trust.nowSeconds() * 1000
  const parts = { queues: new Queues(nowMilliseconds), nowMilliseconds }
  const container = createContainer()
  const server = createServer({ key, cert, handshakeTimeout: OPEN_WITHIN_MILLISECONDS }, (socket) => {
    const connection = container.create_connection()
    const client = new BusConnection(connection, new BusClaims(verifier, trust.nowSeconds), parts)
    const silent = setTimeout(() => socket.destroy(), OPEN_WITHIN_MILLISECONDS)
    connection.once('connection_open', () => clearTimeout(silent))
    socket.once('close', () => {
      clearTimeout(silent)
      client.end()
    })
    connection.accept(socket)
  })
  const stop = stopperOf(server)
  server.maxConnections = CONNECTIONS_MAX
  const listen = (port: number) => startListening(server, { host: '127.0.0.1', port })
  await listen(USUAL_PORT).catch(() => listen(0))
  const { port } = server.address() as AddressInfo
  return { namespace: port === USUAL_PORT ? 'localhost' : `localhost:${port}`, stop }
}

/** Takes connections without a password: the token comes later. */
function createContainer() {
  const container = rhea.create_container({
    id: 'landfast',
    idle_time_out: SILENT_MAX_MILLISECONDS,
    autoaccept: false,
    autosettle: false,
    treat_modified_as_released: false,
    receiver_options: { max_message_size: MESSAGE_MAX_BYTES },
  })
  container.sasl_server_mechanisms.enable_anonymous()
  // .NET calls the same by another name.
  container.sasl_server_mechanisms.MSSBCBS = container.sasl_server_mechanisms.ANONYMOUS
  // A client that ends without a word, or speaks no AMQP, is no fault of this process.
  for (const event of ['error', 'protocol_error', 'connection_error', 'session_error', 'disconnected'])
    container.on(event, () => {})
  return container
}
