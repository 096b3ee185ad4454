/**
 * HTTP as bytes on a socket, so that a test can send what no client would.
 *
 * @module
 */

import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { onTestFinished } from 'vitest'

/** An answer as it came. */
export interface RawAnswer {
  status: number
  /** Names as they were sent. */
  headers: [name: string, value: string][]
  body: string
}

/** Where to connect to. */
export interface Target {
  port: number
  host?: string
  localAddress?: string
  /** Whether to speak TLS, to whoever has whatever certificate. */
  isSecure?: boolean
}

/** A connection that reads one answer after another. */
export class RawConnection {
  readonly socket: Socket
  #text = ''
  #ended = false
  #wake = Promise.withResolvers<void>()

  constructor(target: Target) {
    const { isSecure, ...place } = { host: '127.0.0.1', ...target }
    this.socket = isSecure ? connectTls({ ...place, rejectUnauthorized: false }) : connect(place)
    this.socket.setNoDelay(true)
    this.socket.on('data', (part) => this.#take(part.toString('latin1')))
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.#ended = true
      this.#take('')
    })
    onTestFinished(() => void this.socket.destroy())
  }

  /** Whether the other side closed the connection. */
  get ended(): boolean {
    return this.#ended
  }

  send(text: string): void {
    this.socket.write(text, 'latin1')
  }

  /** The next whole answer; undefined if the connection ends before. */
  async read(): Promise<RawAnswer | undefined> {
    for (;;) {
      const answer = this.#cut()
      if (answer || this.#ended) return answer
      await this.#wake.promise
    }
  }

  /** Waits for the end of the connection. */
  async end(): Promise<void> {
    while (!this.#ended) await this.#wake.promise
  }

  #take(text: string): void {
    this.#text += text
    this.#wake.resolve()
    this.#wake = Promise.withResolvers()
  }

  #cut(): RawAnswer | undefined {
    const end = this.#text.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const [first = '', ...lines] = this.#text.slice(0, end).split('\r\n')
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(': ')
      return [line.slice(0, colon), line.slice(colon + 2)]
    })
    const status = Number(first.split(' ')[1])
    const length = status === 100 ? 0 : Number(valuesOf({ headers }, 'content-length')[0])
    if (this.#text.length < end + 4 + length) return undefined
    const body = Buffer.from(this.#text.slice(end + 4, end + 4 + length), 'latin1').toString()
    this.#text = this.#text.slice(end + 4 + length)
    return { status, headers, body }
  }
}

/** Sends `text` on a new connection and reads one answer. */
export async function exchange(target: Target, text: string): Promise<RawAnswer> {
  const connection = new RawConnection(target)
  connection.send(text)
  const answer = await connection.read()
  connection.socket.destroy()
  if (!answer) throw new Error('the connection ended without an answer')
  return answer
}

/** The values of a header, whatever the case of its name. */
export function valuesOf({ headers }: Pick<RawAnswer, 'headers'>, name: string): string[] {
  return headers.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value)
}

/** A GET request of `target` with these header lines. */
export function get(target: string, ...lines: readonly string[]): string {
  return [`GET ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n')
}
