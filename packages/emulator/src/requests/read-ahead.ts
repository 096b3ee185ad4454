/**
 * Reads the body of a request before the agent does, which finds it whole all the same.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http'
import { FORM_MAX_BYTES } from '@landfast/agent'

/**
 * The text of the body; nothing of one that is longer than the agent takes: what comes behind that is left to the agent, which
 * refuses it. Never rejects: the agent meets the failure of a request that was cut.
 */
export async function readAhead(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  const rest = await readInto(chunks, request)
  const replay = async function* () {
    yield* chunks
    yield* rest()
  }
  Object.defineProperty(request, Symbol.asyncIterator, { value: replay })
  const body = Buffer.concat(chunks)
  return body.length > FORM_MAX_BYTES ? '' : body.toString('latin1')
}

/** Fills `chunks`; what is answered gives that which is left of the body. */
async function readInto(chunks: Buffer[], request: IncomingMessage): Promise<() => AsyncIterable<Buffer>> {
  const read = () => request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
  let size = 0
  try {
    for await (const chunk of read()) {
      size += chunk.length
      chunks.push(chunk)
      if (size > FORM_MAX_BYTES) return read
    }
  } catch (error) {
    return async function* () {
      yield* []
      throw error
    }
  }
  return async function* () {}
}
