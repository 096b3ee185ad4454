/**
 * The stream by which an open page hears that it may be out of date: server-sent events. Nothing of it says what has changed, or
 * to whom that may be shown.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @module
 */

import type { FastifyReply } from 'fastify'

/** `hello` begins a stream, `change` says that something has changed, `beat` that nothing has and the stream is still there. */
export type LiveEvent = 'hello' | 'change' | 'beat'

/** A stream to one browser. */
export interface LiveStream {
  /** Sends an event: who hears it asks within `milliseconds`. */
  send(event: LiveEvent, milliseconds: number): void
  /** Whether so much has not left yet that the browser cannot be reading. */
  readonly isBehind: boolean
  /** Ends it; what has not left by then never does. */
  end(): void
}

/** How long the browser waits before it comes back. */
interface Beginning {
  returnMilliseconds: number
  /** Called when it has ended, whoever ended it. */
  onEnd(): void
}

/** No proxy may keep or change what passes. */
const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
} as const

/** More than is sent between two beats: it lies here, and not with the kernel, since nobody reads. */
const BEHIND_BYTES = 2_048

/** Answers with a stream. */
export function beginStream(reply: FastifyReply, { returnMilliseconds, onEnd }: Beginning): LiveStream {
  reply.hijack()
  const { raw } = reply
  raw.once('close', onEnd)
  // A browser that goes away while something is sent to it.
  raw.on('error', () => {})
  if (raw.closed) setImmediate(onEnd)
  // Set, and not only written: what counts answers looks at them.
  raw.setHeaders(new Map(Object.entries({ ...(reply.getHeaders() as Record<string, string>), ...HEADERS })))
  raw.writeHead(200)
  raw.write(`retry: ${Math.round(returnMilliseconds)}\n\n`)
  return {
    send: (event, milliseconds) => {
      raw.write(`event: ${event}\ndata: ${milliseconds}\n\n`)
    },
    get isBehind() {
      return raw.writableLength > BEHIND_BYTES
    },
    end: () => {
      // What does not leave would keep the server from its end.
      if (raw.writableLength > 0) raw.destroy()
      else raw.end()
    },
  }
}
