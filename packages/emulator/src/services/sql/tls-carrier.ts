/**
 * Carries TLS as TDS 7 has it: the handshake within packets of TDS, and all that follows as it is.
 *
 * @see https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/60f56408-0188-4cd5-8b90-25c6f2423868
 * @module
 */

import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { formatMessage, HEAD_BYTES, MESSAGE, parseHead } from './tds-packet.ts'

/** What is carried. A record of TLS begins with another byte than a packet, so that the end of the handshake is plain. */
export class TlsCarrier extends Duplex {
  readonly #socket: Socket
  readonly #unwrap = new Unwrapper()

  /** `socket` is at the first byte of the handshake, and is the carrier's from now on. */
  constructor(socket: Socket) {
    super()
    this.#socket = socket
    socket.on('data', (chunk) => this.#take(chunk))
    socket.once('end', () => this.push(null))
    socket.once('error', (error) => this.destroy(error))
    socket.once('close', () => this.destroy())
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    const isHandshake = !this.#unwrap.isOver
    this.#socket.write(isHandshake ? formatMessage(MESSAGE.prelogin, chunk) : chunk, done)
  }

  override _final(done: () => void): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }

  #take(chunk: Buffer): void {
    try {
      for (const part of this.#unwrap.push(chunk)) if (!this.push(part)) this.#socket.pause()
    } catch (error) {
      this.destroy(error as Error)
    }
  }
}

/** Takes the heads of packets out of what comes, until what comes is no packet. */
class Unwrapper {
  isOver = false
  #head: Buffer = Buffer.alloc(0)
  #left = 0

  push(chunk: Buffer): Buffer[] {
    const parts: Buffer[] = []
    let rest = chunk
    while (rest.length > 0) {
      const isBetween = this.#left === 0 && this.#head.length === 0
      this.isOver ||= isBetween && rest[0] !== MESSAGE.prelogin
      const length = this.isOver ? rest.length : this.#left || HEAD_BYTES - this.#head.length
      const part = rest.subarray(0, length)
      rest = rest.subarray(part.length)
      if (this.isOver || this.#left > 0) parts.push(part)
      if (this.#left > 0) this.#left -= part.length
      else if (!this.isOver) this.#takeHead(part)
    }
    return parts
  }

  #takeHead(part: Buffer): void {
    this.#head = Buffer.concat([this.#head, part])
    if (this.#head.length < HEAD_BYTES) return
    this.#left = parseHead(this.#head).length
    this.#head = Buffer.alloc(0)
  }
}
