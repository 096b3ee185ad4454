/**
 * Streams of the portal as a browser holds them open. Not published.
 *
 * @module
 */

import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { onTestFinished } from 'vitest'
import type { ControlPlane } from '../control-plane.ts'
import { until } from './waiting.ts'

/** A stream, or what was answered instead. */
export interface TrialStream {
  status: number
  headers: IncomingMessage['headers']
  /** What came, as it was written. */
  text(): string
  /** Resolves when as many events of this kind came. */
  untilEvents(event: 'hello' | 'change' | 'beat', count: number): Promise<void>
  /** How it ended: by the server in good order, or cut off. */
  ended: Promise<'whole' | 'cut'>
  close(): void
}

/** What is sent with it. Default: what a page of the portal sends. */
export interface StreamRequest {
  cookie: string | undefined
  headers?: Readonly<Record<string, string>>
}

/** Opens one; it is closed after the test. */
export async function openStream(
  { url, caFile }: Pick<ControlPlane, 'url' | 'caFile'>,
  { cookie, headers = { 'Sec-Fetch-Site': 'same-origin' } }: StreamRequest,
): Promise<TrialStream> {
  const ca = await readFile(caFile)
  const outgoing = httpsRequest(url, {
    path: '/portal/live',
    ca,
    agent: false,
    headers: { Accept: 'text/event-stream', ...(cookie !== undefined && { Cookie: cookie }), ...headers },
  })
  outgoing.end()
  onTestFinished(() => void outgoing.destroy())
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  outgoing.on('error', () => {})
  let text = ''
  incoming.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  incoming.on('error', () => {})
  const ended = new Promise<'whole' | 'cut'>((resolve) => {
    incoming.on('close', () => resolve(incoming.complete ? 'whole' : 'cut'))
  })
  const countOf = (event: string) => text.split(`event: ${event}\n`).length - 1
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    text: () => text,
    untilEvents: (event, count) => until(() => countOf(event) >= count),
    ended,
    close: () => void outgoing.destroy(),
  }
}
