/**
 * A connection as messages of TDS, which are received one at a time.
 *
 * @module
 */

import type { Duplex } from 'node:stream'
import { SqlError } from './sql-error.ts'
import { formatMessage, HEAD_BYTES, MESSAGE, parseHead } from './tds-packet.ts'

/** More than any sign-in has, and any statement that checks a connection. */
const MESSAGE_MAX_BYTES = 131_072

/** A whole message. */
export interface TdsMessage {
  type: number
  body: Buffer
  /** Whether the session is to be as new before it is answered. */
  isReset: boolean
}

/** What can be done with a connection. */
export class TdsChannel {
  readonly #stream: Duplex
  /** Read already, and not received yet. */
  #held: Buffer = Buffer.alloc(0)

  constructor(stream: Duplex) {
    this.#stream = stream
  }

  /**
   * The next message; undefined if the other end has closed the connection between two.
   *
   * @throws {SqlError} `stream_malformed` for one that is too long, not whole, or of several types.
   */
  async receive(): Promise<TdsMessage | undefined> {
    const parts: Buffer[] = []
    let first: { type: number; isReset: boolean } | undefined
    for (let length = 0; ; ) {
      const bytes = await this.#take(HEAD_BYTES)
      if (!bytes && !first) return undefined
      const head = parseHead(bytes ?? refuse('the connection ended within a message'))
      first ??= head
      length += head.length
      if (head.type !== first.type) refuse('a message has packets of several types')
      if (length > MESSAGE_MAX_BYTES) refuse(`a message is longer than ${MESSAGE_MAX_BYTES} bytes`)
      if (head.length > 0)
        parts.push((await this.#take(head.length)) ?? refuse('the connection ended within a packet'))
      if (head.isLast) return { type: first.type, isReset: first.isReset, body: Buffer.concat(parts) }
    }
  }

  /** The next message, which has to be of `type`. @throws {SqlError} `stream_malformed`. */
  async expect(type: keyof typeof MESSAGE): Promise<Buffer> {
    const message = (await this.receive()) ?? refuse(`the connection ended before "${type}"`)
    return message.type === MESSAGE[type] ? message.body : refuse(`"${type}" was expected`)
  }

  /** Sends an answer. */
  answer(...tokens: readonly Buffer[]): void {
    this.#stream.write(formatMessage(MESSAGE.answer, Buffer.concat(tokens)))
  }

  /** Gives back what was read too early to who reads next. */
  release(): void {
    if (this.#held.length > 0) this.#stream.unshift(this.#held)
    this.#held = Buffer.alloc(0)
  }

  /** So many bytes; undefined if the connection ends before. */
  async #take(count: number): Promise<Buffer | undefined> {
    const stream = this.#stream
    while (this.#held.length < count) {
      // All that is there: who waits while something is left is told again and again that there is.
      const more: Buffer | null = stream.destroyed ? null : stream.read()
      if (more) this.#held = Buffer.concat([this.#held, more])
      else if (stream.readableEnded || stream.destroyed) return undefined
      else await untilReadable(stream)
    }
    const bytes = this.#held.subarray(0, count)
    this.#held = this.#held.subarray(count)
    return bytes
  }
}

/** Until there is more to read, or nothing will come. */
function untilReadable(stream: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const events = ['readable', 'end', 'close', 'error'] as const
  for (const event of events) stream.once(event, resolve)
  return promise.finally(() => {
    for (const event of events) stream.off(event, resolve)
  })
}

function refuse(reason: string): never {
  throw new SqlError('stream_malformed', reason)
}
