/**
 * What one client did about one fault.
 *
 * @module
 */

import type { Duration } from './trials.ts'

/** The result of one trial. */
export interface FaultCell {
  client: string
  version: string
  fault: string
  duration: Duration
  /** `waiting`: it had not ended when it was ended. `broken`: the program said nothing that can be read. */
  outcome: 'token' | 'error' | 'waiting' | 'broken' | 'not run'
  seconds: number
  /** Requests for a token that came; challenges are not counted. */
  requests: number
  /** What the client said, or why it was not run. */
  message: string
}
