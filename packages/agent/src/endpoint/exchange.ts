/**
 * One exchange on an identity endpoint: the request, and the response to which its answer goes.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Target } from '@landfast/protocol'

/** One request and its answer. */
export interface Exchange {
  readonly target: Target
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** By the clock of the metrics. */
  readonly startedAt: number
}
