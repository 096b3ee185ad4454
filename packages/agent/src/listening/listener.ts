/**
 * The addresses of one endpoint: the agent listens on all of them, or the start fails. A program that held the missing
 * one could answer clients that ask `localhost`, and pass our challenge on to them.
 *
 * @see docs/security.md#both-loopback-addresses
 * @module
 */

import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Connections, startListening, watchConnections } from '@landfast/server'
import { knownUserOf } from '../caller/caller.ts'
import { AgentError } from '../errors.ts'
import { describePortHolder } from './port-holder.ts'

/** How often an address is tried again that was not there. */
const RETRY_ADDRESS_MS = 30_000

/** A port that is free on one address may be taken on the other; a free one is looked for so often. */
const FREE_PORT_ATTEMPTS = 10

/** An address that only exists where IPv6 is on. */
const IPV6_LOOPBACK = '::1'

/** Connections that the kernel keeps until they are taken; Linux allows no more by default. */
const BACKLOG = 4096

/** What a listener is made of. */
export interface ListenerOptions {
  addresses: readonly string[]
  /** 0 takes a free one, the same for all addresses. */
  port: number
  createServer: () => Server
  /** Told that IPv6 is off; it is tried again every 30 seconds. */
  onAddressMissing: (address: string) => void
  /** Told when a missing address came up and cannot be had: the agent must stop. */
  onLost: (error: AgentError) => void
}

/** Servers on every address. */
export class Listener {
  readonly #options: ListenerOptions
  readonly #connections: Connections[] = []
  #timer: NodeJS.Timeout | undefined
  #port: number
  #stopped = false

  constructor(options: ListenerOptions) {
    this.#options = options
    this.#port = options.port
  }

  /** The port, known once the listener has started. */
  get port(): number {
    return this.#port
  }

  /** @throws {AgentError} `port_taken`, `port_ephemeral`, `port_forbidden` or `address_missing`. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        for (const address of this.#options.addresses) await this.#listenOrRetry(address)
        return
      } catch (error) {
        await this.#close(0)
        if (this.#options.port !== 0 || !isTaken(error) || attempt === FREE_PORT_ATTEMPTS) throw error
        this.#port = 0
      }
    }
  }

  /** From now on each answer is the last one of its connection. */
  drain(): void {
    for (const connections of this.#connections) connections.drain()
  }

  /** Cuts every connection and has no address any more, as if no agent ran, until `resume`. */
  async suspend(): Promise<void> {
    await this.#close(0)
  }

  /**
   * Has its addresses again, with the port of before. Where one was taken meanwhile, it has none, and the agent must stop.
   *
   * @throws {AgentError} as `start` does.
   */
  async resume(): Promise<void> {
    try {
      for (const address of this.#options.addresses) await this.#listenOrRetry(address)
    } catch (error) {
      await this.#close(0)
      this.#options.onLost(error as AgentError)
      throw error
    }
  }

  /** Takes no more connections, lets answers under way finish for `graceMs`, then cuts the rest. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true
    await this.#close(graceMs)
  }

  async #close(graceMs: number): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#connections.splice(0).map((connections) => connections.close(graceMs)))
  }

  async #listenOrRetry(address: string): Promise<void> {
    try {
      await this.#listen(address)
    } catch (error) {
      const missing = error instanceof AgentError && error.code === 'address_missing'
      if (!missing || address !== IPV6_LOOPBACK) throw error
      this.#options.onAddressMissing(address)
      this.#timer = setInterval(() => this.#retry(address), RETRY_ADDRESS_MS).unref()
    }
  }

  async #retry(address: string): Promise<void> {
    try {
      await this.#listen(address)
      clearInterval(this.#timer)
    } catch (error) {
      if (error instanceof AgentError && error.code === 'address_missing') return
      clearInterval(this.#timer)
      this.#options.onLost(error as AgentError)
    }
  }

  async #listen(address: string): Promise<void> {
    const server = this.#options.createServer()
    const connections = watchConnections(server, { ownerOf: knownUserOf })
    await listen(server, { host: address, port: this.#port, ipv6Only: true, exclusive: true })
    if (this.#stopped) return connections.close(0)
    this.#port = (server.address() as AddressInfo).port
    this.#connections.push(connections)
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof AgentError && (error.code === 'port_taken' || error.code === 'port_ephemeral')
}

/** Starts to listen, with the system's error put into words. */
export async function listen(
  server: Server,
  options: { host: string; port: number; ipv6Only?: boolean; exclusive?: boolean },
): Promise<void> {
  try {
    await startListening(server, { backlog: BACKLOG, ...options })
  } catch (error) {
    throw explainListenError(error as NodeJS.ErrnoException, options)
  }
}

/** What the system said of an address that was not to be had, in words. */
export function explainListenError(
  error: NodeJS.ErrnoException,
  { host, port }: { host: string; port: number },
): unknown {
  switch (error.code) {
    case 'EADDRINUSE':
      return describePortHolder(host, port, error)
    case 'EACCES':
      return new AgentError('port_forbidden', `${host} port ${port}`, error)
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return new AgentError('address_missing', host, error)
    default:
      return error
  }
}
