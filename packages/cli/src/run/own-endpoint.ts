/**
 * A private endpoint for as long as a command runs, with a fresh secret where the style has one.
 *
 * @module
 */

import type { EndpointOptions } from '@landfast/agent'
import { hasProof, type StyleName } from '@landfast/protocol'
import { newIdentitySecret } from './identity-secret.ts'

/** One in `style`; port 0 is any free one. */
export function ownEndpoint(style: StyleName, port = 0): EndpointOptions {
  if (hasProof(style, 'secret-header')) return { style, port, secret: newIdentitySecret() }
  return { style, port }
}
