/**
 * The process that measures: callers on connections that are kept, each one handshake after the other. It parses
 * no more of HTTP than it needs, so that it is never what the server waits for.
 *
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

const { path, apiVersions } = STYLES.arc
const RESOURCE = encodeURIComponent('https://management.azure.com/')
const TARGET = `${path}?${PARAMETER.apiVersion}=${apiVersions[1]}&${PARAMETER.resource}=${RESOURCE}`
const KEY = Buffer.alloc(4096)

/** A caller that gets no answer for this long has met a fault. */
const ANSWER_WITHIN_MS = 5000

work<Load, LoadResult>(async (load) => {
  const startAt = performance.now() + load.warmUpMs
  const endAt = startAt + load.measureMs
  const callers = Array.from({ length: load.callers }, () => new Caller(load.port))
  const handshakes = (await Promise.all(callers.map((caller) => caller.runUntil(endAt)))).flat()
  const counted = handshakes.filter((one) => one.begunAt >= startAt).map((one) => one.microseconds)
  return {
    handshakesPerSecond: counted.length / (load.measureMs / 1000),
    p50Microseconds: quantile(counted, 0.5),
    p99Microseconds: quantile(counted, 0.99),
    all: handshakes.length,
  }
})

interface Handshake {
  begunAt: number
  microseconds: number
}

/** One connection that is kept. */
class Caller {
  readonly #host: string
  readonly #socket: Socket
  #received = ''
  #onAnswer: (answer: string) => void = () => {}

  constructor(port: number) {
    this.#host = `127.0.0.1:${port}`
    this.#socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1')
    this.#socket.on('data', (text) => this.#receive(String(text)))
  }

  async runUntil(endAt: number): Promise<Handshake[]> {
    const { promise, reject } = Promise.withResolvers<never>()
    this.#socket.setTimeout(ANSWER_WITHIN_MS, () => reject(new Error('a caller got no answer')))
    this.#socket.once('close', () => reject(new Error('the server closed a connection')))
    this.#socket.once('error', reject)
    try {
      return await Promise.race([this.#run(endAt), promise])
    } finally {
      this.#socket.removeAllListeners('close').destroy()
    }
  }

  async #run(endAt: number): Promise<Handshake[]> {
    const handshakes: Handshake[] = []
    for (let begunAt = performance.now(); begunAt < endAt; begunAt = performance.now()) {
      await this.#shakeHands()
      handshakes.push({ begunAt, microseconds: (performance.now() - begunAt) * 1000 })
    }
    return handshakes
  }

  async #shakeHands(): Promise<void> {
    const challenge = await this.#send('')
    const file = parseChallenge(headerOf(challenge, HEADER.challenge))
    if (!challenge.startsWith('HTTP/1.1 401 ') || !file) throw new Error('no challenge came')
    const answer = await this.#send(`${HEADER.authorization}: Basic ${readKey(file)}\r\n`)
    if (!answer.startsWith('HTTP/1.1 200 ') || !answer.includes('"access_token":"bench.')) {
      throw new Error(`no token came: ${answer.slice(0, 12)}`)
    }
  }

  #send(header: string): Promise<string> {
    return new Promise((resolve) => {
      this.#onAnswer = resolve
      this.#socket.write(
        `GET ${TARGET} HTTP/1.1\r\nHost: ${this.#host}\r\n${HEADER.metadata}: true\r\n${header}\r\n`,
        'latin1',
      )
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
