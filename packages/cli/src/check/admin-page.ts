/**
 * Asks an agent of this host for a page, at its admin socket or a port of this host, in bounded time and memory.
 *
 * @see docs/metrics.md
 * @module
 */

import { type IncomingMessage, request } from 'node:http'
import { LOOK_MILLISECONDS } from './deadline.ts'

/** Where an agent serves its health: a socket, or a port of this host. */
export type AdminPlace = { socketPath: string } | { port: number }

/** Pages of an agent are far shorter; a user who has its socket could answer without end. */
const PAGE_MAX_BYTES = 8 << 20

/** The answer at `path`. @throws {Error} if there is none. */
export async function askAdmin(
  place: AdminPlace,
  path: string,
  signal = AbortSignal.timeout(LOOK_MILLISECONDS),
): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  request({ host: '127.0.0.1', agent: false, path, signal, ...place }, (response) => {
    readPage(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
  })
    .on('error', reject)
    .end()
  return await promise
}

async function readPage(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of response) {
    length += part.length
    if (length > PAGE_MAX_BYTES) throw new Error(`the answer is longer than ${PAGE_MAX_BYTES} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}
