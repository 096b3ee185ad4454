/**
 * A private endpoint for as long as a program runs, with a fresh secret where the style has one.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import type { EndpointOptions } from '@landfast/agent'
import { hasProof, type StyleName } from '@landfast/protocol'

const SECRET_BYTES = 32

/** One in `style`; port 0 is any free one. */
export function ownEndpoint(style: StyleName, port = 0): EndpointOptions & { style: StyleName } {
  if (!hasProof(style, 'secret-header')) return { style, port }
  return { style, port, secret: randomBytes(SECRET_BYTES).toString('base64url') }
}
