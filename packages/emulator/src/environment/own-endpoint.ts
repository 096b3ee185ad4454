/**
 * A private endpoint for as long as a program runs, with a fresh secret where the style has one.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import type { EndpointOptions } from '@landfast/agent'
import { hasProof, type StyleName } from '@landfast/protocol'

const SECRET_BYTES = 32

/** What is chosen for callers that know a secret. */
export interface SecretChoice {
  /** Default: a new one. */
  secret?: string | undefined
  /** An address that other hosts reach; default: loopback. */
  address?: string | undefined
}

/** One in `style`; port 0 is any free one. A style without a secret has no use for a choice. */
export function ownEndpoint(
  style: StyleName,
  port = 0,
  { secret, address }: SecretChoice = {},
): EndpointOptions & { style: StyleName } {
  if (!hasProof(style, 'secret-header')) return { style, port }
  return { style, port, address, secret: secret ?? randomBytes(SECRET_BYTES).toString('base64url') }
}
