/**
 * The process that measures: callers that get one token after the other, each on a connection of its own that is kept,
 * or on a new one for each token.
 *
 * The bench measures the server, so the server must never wait for this process: it does not sleep while it measures,
 * and parses no more of HTTP than it needs.
 *
 * @see docs/performance.md#handshakes
 * @module
 */

import { closeSync, openSync, readSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { HEADER, PARAMETER, parseChallenge, STYLES } from '@landfast/protocol'
import { quantile } from './statistics.ts'
import { work } from './worker.ts'

/** One load on one server. */
export interface Load {
  port: number
  callers: number
  /** What a handshake is: of Arc two requests and a key file, of the VM style one request. */
  style: 'arc' | 'vm'
  connections: 'kept' | 'new'
  /** Handshakes that begin in this time are not counted. */
  warmUpMs: number
  measureMs: number
}

/** What came of a load. */
export interface LoadResult {
  handshakesPerSecond: number
  p50Microseconds: number
  p99Microseconds: number
  /** Handshakes with those of the warm-up. */
  all: number
}

const RESOURCE = encodeURIComponent('https://management.azure.com/')
const TARGETS = { arc: targetOf('arc', '2020-06-01'), vm: targetOf('vm', '2018-02-01') }
const KEY = Buffer.alloc(4096)

/** More than any answer. */
const ANSWER_MAX_BYTES = 64 * 1024

/** A caller that gets no answer for this long has met a fault. */
const ANSWER_WITHIN_MS = 5000

/** Callers by the port that they are connected to. */
const connected = new Map<number, Caller[]>()

/** A busy machine may stand still for the whole of a load; one that does so this often is broken. */
const LOADS_MAX = 10

work<Load, LoadResult>(async (load) => {
  let all = 0
  for (let tries = 0; tries < LOADS_MAX; tries++) {
    const { counted, begun } = await measure(load)
    all += begun
    if (counted.length === 0) continue
    return {
      handshakesPerSecond: counted.length / (load.measureMs / 1000),
      p50Microseconds: quantile(counted, 0.5),
      p99Microseconds: quantile(counted, 0.99),
      all,
    }
  }
  throw new Error('no handshake began in the time measured: use more --seconds')
})

/** One load: microseconds of each handshake that counts, and how many were begun. */
async function measure(load: Load): Promise<{ counted: number[]; begun: number }> {
  const callers = callersOf(load)
  const startAt = performance.now() + load.warmUpMs
  const endAt = startAt + load.measureMs
  stayAwakeUntil(endAt)
  const handshakes = (await Promise.all(callers.map((caller) => caller.runUntil(endAt)))).flat()
  const counted = handshakes.filter((one) => one.begunAt >= startAt).map((one) => one.microseconds)
  return { counted, begun: handshakes.length }
}

function targetOf(style: Load['style'], version: string): string {
  return `${STYLES[style].path}?${PARAMETER.apiVersion}=${version}&${PARAMETER.resource}=${RESOURCE}`
}

/** Connections are kept from load to load, so that none measures how a server accepts them unless it should. */
function callersOf(load: Load): Caller[] {
  const { port, callers: count } = load
  const kept = connected.get(port)
  if (kept?.length === count && kept.every((caller) => caller.isConnected)) return kept
  for (const caller of kept ?? []) caller.disconnect()
  const callers = Array.from({ length: count }, () => new Caller(load))
  connected.set(port, callers)
  return callers
}

/** The loop polls its connections and never blocks: a processor that has to wake first would be measured as well. */
function stayAwakeUntil(endAt: number): void {
  if (performance.now() < endAt) setImmediate(stayAwakeUntil, endAt)
}

interface Handshake {
  begunAt: number
  microseconds: number
}

/** One connection at a time. */
class Caller {
  readonly #load: Load
  readonly #requestStart: string
  readonly #request: string
  readonly #buffer = Buffer.alloc(ANSWER_MAX_BYTES)
  #socket: Socket
  #received = ''
  #onAnswer: (answer: string) => void = () => {}
  #onFault: (error: Error) => void = () => {}

  constructor(load: Load) {
    this.#load = load
    const { port, style } = load
    this.#requestStart = `GET ${TARGETS[style]} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${HEADER.metadata}: true\r\n`
    this.#request = `${this.#requestStart}\r\n`
    this.#socket = this.#connect()
  }

  #connect(): Socket {
    const buffer = this.#buffer
    const callback = (bytes: number) => {
      this.#receive(buffer.toString('latin1', 0, bytes))
      return true
    }
    const { port } = this.#load
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } })
    const fault = (error: Error) => {
      if (socket === this.#socket) this.#onFault(error)
    }
    socket.setTimeout(ANSWER_WITHIN_MS, () => fault(new Error('a caller got no answer')))
    socket.once('close', () => fault(new Error('the server closed a connection')))
    socket.on('error', fault)
    return socket
  }

  /** The old connection is reset: closed, it would stay in the kernel's table for a minute. */
  #connectAnew(): void {
    const old = this.#socket
    this.#socket = this.#connect()
    old.resetAndDestroy()
  }

  get isConnected(): boolean {
    return !this.#socket.destroyed
  }

  disconnect(): void {
    this.#socket.destroy()
  }

  async runUntil(endAt: number): Promise<Handshake[]> {
    const { promise, reject } = Promise.withResolvers<never>()
    this.#onFault = reject
    try {
      return await Promise.race([this.#run(endAt), promise])
    } finally {
      this.#onFault = () => {}
    }
  }

  async #run(endAt: number): Promise<Handshake[]> {
    const handshakes: Handshake[] = []
    for (let begunAt = performance.now(); begunAt < endAt; begunAt = performance.now()) {
      if (this.#load.connections === 'new') this.#connectAnew()
      await this.#getToken()
      handshakes.push({ begunAt, microseconds: (performance.now() - begunAt) * 1000 })
    }
    return handshakes
  }

  async #getToken(): Promise<void> {
    const answer = await (this.#load.style === 'arc' ? this.#shakeHands() : this.#send(this.#request))
    if (!answer.startsWith('HTTP/1.1 200 ') || !answer.includes('"access_token":"bench.')) {
      throw new Error(`no token came: ${answer.slice(0, 12)}`)
    }
  }

  async #shakeHands(): Promise<string> {
    const challenge = await this.#send(this.#request)
    const file = parseChallenge(headerOf(challenge, HEADER.challenge))
    if (!challenge.startsWith('HTTP/1.1 401 ') || !file) throw new Error('no challenge came')
    return await this.#send(`${this.#requestStart}${HEADER.authorization}: Basic ${readKey(file)}\r\n\r\n`)
  }

  #send(request: string): Promise<string> {
    return new Promise((resolve) => {
      this.#onAnswer = resolve
      this.#socket.write(request, 'latin1')
    })
  }

  #receive(text: string): void {
    this.#received += text
    const bodyAt = this.#received.indexOf('\r\n\r\n') + 4
    if (bodyAt < 4) return
    if (this.#received.length < bodyAt + Number(headerOf(this.#received, 'Content-Length'))) return
    const answer = this.#received
    this.#received = ''
    this.#onAnswer(answer)
  }
}

function headerOf(answer: string, name: string): string {
  const start = answer.indexOf(`\r\n${name}: `) + name.length + 4
  return answer.slice(start, answer.indexOf('\r\n', start))
}

function readKey(file: string): string {
  const descriptor = openSync(file, 'r')
  try {
    return KEY.toString('latin1', 0, readSync(descriptor, KEY))
  } finally {
    closeSync(descriptor)
  }
}
