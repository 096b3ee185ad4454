/**
 * One request to a control plane and its answer.
 *
 * @module
 */

import { type Agent, request } from 'node:https'

/** A request that is whole; without a body it is a GET. */
export interface Exchanged {
  path: string
  type?: string
  body?: string
  /** What the caller proves itself with. */
  token?: string
}

/** @throws {Error} if the answer is not 200, since then nothing was measured. */
export async function exchange(
  { url, ca }: { url: string; ca: string },
  agent: Agent | undefined,
  { path, type, body, token }: Exchanged,
): Promise<Record<string, unknown>> {
  const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>()
  const headers = {
    ...(body !== undefined && { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }),
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  }
  const options = { ca, agent: agent ?? false, headers, method: body === undefined ? 'GET' : 'POST' }
  const sent = request(url + path, options, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    response.on('end', () => {
      if (response.statusCode === 200) resolve(JSON.parse(text))
      else reject(new Error(`${path} answered ${response.statusCode}: ${text}`))
    })
  })
  sent.on('error', reject)
  sent.end(body)
  return await promise
}
