/**
 * A small SQL server on this machine, which programs sign in to with a token of the emulator, and no more.
 *
 * @see docs/emulator.md#whole-applications
 * @see https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/b46a581a-39de-4745-b076-ec4dbb7d13ec
 * @module
 */

import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { clearTimeout, setTimeout } from 'node:timers'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { startListening, stopperOf } from '@landfast/server'
import { TokenVerifier, type TrustingService } from '../token-verifier.ts'
import { formatError } from './answer-tokens.ts'
import { formatPrelogin, parsePrelogin } from './prelogin.ts'
import { SqlError } from './sql-error.ts'
import { answerStatements, type SignInOptions, SQL_AUDIENCE, signIn } from './sql-session.ts'
import { TdsChannel } from './tds-channel.ts'
import { TlsCarrier } from './tls-carrier.ts'

/** More than a test has, and less than a process has descriptors. */
const CONNECTIONS_MAX = 512

/** Also a driver that has to ask for its token first, on a busy machine. */
const SIGN_IN_WITHIN_MILLISECONDS = 30_000

/** The first byte of a connection that begins with TLS. */
const TLS_HANDSHAKE = 0x16

/** What a SQL server needs. */
export interface SqlServerOptions extends TrustingService {
  /** A client that has not signed in then is cut off. */
  signInWithinMilliseconds?: number
}

/** A running SQL server. */
export interface SqlServer {
  readonly port: number
  stop(): Promise<void>
}

/** Starts one on a free port. */
export async function startSqlServer(options: SqlServerOptions): Promise<SqlServer> {
  const entrance = new Entrance(options)
  const server = createServer((socket) => entrance.take(socket))
  const stop = stopperOf(server)
  server.maxConnections = CONNECTIONS_MAX
  await startListening(server, { host: '127.0.0.1', port: 0 })
  return { port: (server.address() as AddressInfo).port, stop }
}

/** As SQL Server: within packets there is no TLS 1.3, whose handshake ends on each side at another time. */
const IN_PACKETS: TlsOptions = { maxVersion: 'TLSv1.2' }

const AROUND: TlsOptions = { ALPNProtocols: ['tds/8.0'] }

/** A connection that has not signed in yet. */
interface Arrival {
  socket: Socket
  /** It has signed in, and may stay. */
  admit(): void
}

/** Takes connections: TLS is within packets of TDS 7, or all of TDS 8 is within TLS. */
class Entrance {
  readonly #options: SignInOptions
  readonly #certificate: TlsOptions
  readonly #withinMilliseconds: number

  constructor({ key, certificate: cert, authority, signInWithinMilliseconds, ...trust }: SqlServerOptions) {
    this.#withinMilliseconds = signInWithinMilliseconds ?? SIGN_IN_WITHIN_MILLISECONDS
    this.#options = { authority, verifier: new TokenVerifier(trust, SQL_AUDIENCE) }
    this.#certificate = { key, cert }
  }

  /** One time is for all that comes before the sign-in, so that nothing in between can go on without an end. */
  take(socket: Socket): void {
    // What it fails with is seen by who reads from it.
    socket.on('error', () => {})
    const deadline = setTimeout(() => socket.destroy(), this.#withinMilliseconds)
    const admit = () => clearTimeout(deadline)
    socket.once('close', admit)
    socket.once('readable', () => {
      const first: Buffer | null = socket.read(1)
      if (first) socket.unshift(first)
      if (first?.[0] === TLS_HANDSHAKE) this.#startTls8({ socket, admit })
      else if (first) serve(socket, (channel) => this.#startTls7({ socket, admit }, channel))
    })
  }

  async #startTls7(arrival: Arrival, channel: TdsChannel): Promise<'goes on'> {
    const prelogin = parsePrelogin(await channel.expect('prelogin'))
    channel.answer(formatPrelogin(prelogin, false))
    channel.release()
    const carrier = new TlsCarrier(arrival.socket)
    this.#startTls(IN_PACKETS, carrier, (within) => this.#signInAndAnswer(arrival, within))
    return 'goes on'
  }

  #startTls8(arrival: Arrival): void {
    this.#startTls(AROUND, arrival.socket, async (within) => {
      const prelogin = parsePrelogin(await within.expect('prelogin'))
      within.answer(formatPrelogin(prelogin, true))
      return await this.#signInAndAnswer(arrival, within)
    })
  }

  /** Each connection has a server of its own, by which its handshake leads to its own work. */
  #startTls(options: TlsOptions, carrier: Duplex, work: (within: TdsChannel) => Promise<'ends'>): void {
    createTlsServer({ ...this.#certificate, ...options }, (stream) => serve(stream, work))
      .on('tlsClientError', () => carrier.destroy())
      .emit('connection', carrier)
  }

  async #signInAndAnswer({ admit }: Arrival, channel: TdsChannel): Promise<'ends'> {
    const session = await signIn(channel, this.#options)
    admit()
    await answerStatements(channel, session)
    return 'ends'
  }
}

/** Does `work` on a connection and ends that, unless it goes on elsewhere; what is refused is told first. */
async function serve(
  stream: Duplex,
  work: (channel: TdsChannel) => Promise<'goes on' | 'ends'>,
): Promise<void> {
  stream.on('error', () => {})
  const channel = new TdsChannel(stream)
  try {
    if ((await work(channel)) === 'goes on') return
  } catch (error) {
    if (error instanceof SqlError) channel.answer(formatError(error))
  }
  stream.end()
}
