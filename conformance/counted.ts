/**
 * What an agent counted, read from its page of metrics.
 *
 * @module
 */

import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Counted } from './verdict.ts'

/** Reads the page at `socketPath`. */
export async function readCounted(socketPath: string): Promise<Counted> {
  const [response] = await once(request({ socketPath, path: '/metrics' }).end(), 'response')
  const page = await text(response)
  return {
    granted: sumOf(page, /^landfast_requests_total\{.*outcome="granted".*\} (\d+)$/gm),
    fetched: sumOf(page, /^landfast_upstream_requests_total\{.*outcome="token".*\} (\d+)$/gm),
  }
}

function sumOf(page: string, pattern: RegExp): number {
  return [...page.matchAll(pattern)].reduce((sum, [, count]) => sum + Number(count), 0)
}
