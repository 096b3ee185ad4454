/**
 * Reads counters from the metrics page of an agent or a control plane.
 *
 * @module
 */

import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Counted } from './verdict.ts'

/** What the agent counted whose page is at `socketPath`. */
export async function readCounted(socketPath: string): Promise<Required<Omit<Counted, 'faulty'>>> {
  const page = await readPage(socketPath)
  return {
    granted: sumOf(page, /^landfast_requests_total\{.*outcome="granted".*\} (\d+)$/gm),
    fetched: sumOf(page, /^landfast_upstream_requests_total\{.*outcome="token".*\} (\d+)$/gm),
  }
}

/** How many tokens the control plane issued whose page is at `socketPath`. */
export async function readIssued(socketPath: string): Promise<number> {
  const page = await readPage(socketPath)
  return sumOf(page, /^landfast_control_plane_tokens_total\{outcome="issued"\} (\d+)$/gm)
}

async function readPage(socketPath: string): Promise<string> {
  const [response] = await once(request({ socketPath, path: '/metrics' }).end(), 'response')
  return await text(response)
}

function sumOf(page: string, pattern: RegExp): number {
  return [...page.matchAll(pattern)].reduce((sum, [, count]) => sum + Number(count), 0)
}
