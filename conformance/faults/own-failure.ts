/**
 * Tells a failure of the emulator's own from a fault that it was told to have: what a client does about the former says
 * nothing of the client.
 *
 * @module
 */

import type { SeenRequest } from '@landfast/emulator'
import type { Met } from './fault-cell.ts'

const FAILURE = 500

/** The only fault that answers a failure. */
const TOLD: string = 'status'

/** `met`, or that it tells nothing: the endpoint failed where no fault had it fail. */
export function judgeMet(met: Met, requests: readonly Pick<SeenRequest, 'status' | 'fault'>[]): Met {
  const own = requests.find(({ status = 0, fault }) => status >= FAILURE && fault !== TOLD)
  if (!own) return met
  return { ...met, outcome: 'broken', message: `the emulator itself failed, with status ${own.status}` }
}
