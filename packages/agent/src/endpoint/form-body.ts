/**
 * Reads the form that a request posts, in styles that post one.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http'
import { WireError } from '@landfast/protocol'

/** The longest audience and selector, every character escaped, with room for what is ignored. */
export const FORM_MAX_BYTES = 32 * 1024

/**
 * The text of the form.
 *
 * @throws {WireError} `body_too_large`, or `http_malformed` if the caller went away before its end.
 */
export async function readForm(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > FORM_MAX_BYTES) break
      chunks.push(chunk)
    }
  } catch (cause) {
    throw new WireError('http_malformed', { cause })
  }
  if (size > FORM_MAX_BYTES) throw new WireError('body_too_large')
  // Bytes that are not ASCII are refused with every other character that must be escaped.
  return Buffer.concat(chunks).toString('latin1')
}
