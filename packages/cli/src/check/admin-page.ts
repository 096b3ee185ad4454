/**
 * Asks an agent of this host for a page, at its admin socket or a port of this host, in bounded time.
 *
 * @see docs/metrics.md
 * @module
 */

import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { LOOK_MILLISECONDS } from './deadline.ts'

/** Where an agent serves its health: a socket, or a port of this host. */
export type AdminPlace = { socketPath: string } | { port: number }

/** The answer at `path`. @throws {Error} if there is none. */
export async function askAdmin(
  place: AdminPlace,
  path: string,
  signal = AbortSignal.timeout(LOOK_MILLISECONDS),
): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  request({ host: '127.0.0.1', agent: false, path, signal, ...place }, (response) => {
    text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
  })
    .on('error', reject)
    .end()
  return await promise
}
