/**
 * A listener on an address that may come later: the bridge of a container engine, which often starts after the agent. It
 * waits for the address, and for its port if another program has that, and says what it waits for.
 *
 * @see docs/containers.md#the-listener
 * @module
 */

import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Connections, watchConnections } from '@landfast/server'
import { AgentError } from '../errors.ts'
import { listen } from './listener.ts'

/** How often an address is tried that is not there. */
const RETRY_ADDRESS_MS = 1000

/** How often a port is tried that another program has: who that is takes longer to find out. */
const RETRY_PORT_MS = 5000

/** What a listener is made of. */
export interface AwaitedListenerOptions {
  address: string
  port: number
  createServer: () => Server
  /** Told of each new reason to wait. */
  onWaiting: (error: AgentError) => void
  /** Told when it listens after it had to wait. */
  onListening: () => void
}

/** A server on one address, or the wait for it. */
export class AwaitedListener {
  readonly #options: AwaitedListenerOptions
  #connections: Connections | undefined
  #waiting: AgentError | undefined
  #timer: NodeJS.Timeout | undefined
  #port: number
  #stopped = false
  #draining = false

  constructor(options: AwaitedListenerOptions) {
    this.#options = options
    this.#port = options.port
  }

  get port(): number {
    return this.#port
  }

  /** Why it does not listen; undefined if it does. */
  get waiting(): AgentError | undefined {
    return this.#waiting
  }

  /** Listens, or begins to wait. @throws the system's error, if it is about neither the address nor the port. */
  async start(): Promise<void> {
    try {
      await this.#listen()
    } catch (error) {
      if (!(error instanceof AgentError)) throw error
      this.#wait(error)
    }
  }

  /** From now on each answer is the last one of its connection. */
  drain(): void {
    this.#draining = true
    this.#connections?.drain()
  }

  /** Takes no more connections, lets answers under way finish for `graceMs`, then cuts the rest. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#connections?.close(graceMs)
  }

  async #listen(): Promise<void> {
    const { address, createServer } = this.#options
    const server = createServer()
    // One workload that opens very many connections pushes out its own.
    const connections = watchConnections(server, { ownerOf: ({ remoteAddress }) => remoteAddress })
    await listen(server, { host: address, port: this.#port, ipv6Only: true, exclusive: true })
    if (this.#stopped) return await connections.close(0)
    if (this.#draining) connections.drain()
    this.#port = (server.address() as AddressInfo).port
    this.#connections = connections
    this.#waiting = undefined
  }

  #wait(error: AgentError): void {
    if (error.code !== this.#waiting?.code) this.#options.onWaiting(error)
    this.#waiting = error
    const delay = error.code === 'address_missing' ? RETRY_ADDRESS_MS : RETRY_PORT_MS
    this.#timer = setTimeout(() => void this.#retry(), delay).unref()
  }

  async #retry(): Promise<void> {
    try {
      await this.#listen()
      if (!this.#stopped) this.#options.onListening()
    } catch (error) {
      if (!this.#stopped) this.#wait(error as AgentError)
    }
  }
}
