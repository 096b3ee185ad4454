/**
 * What one client did about one fault.
 *
 * @module
 */

import type { StyleName } from '@landfast/protocol'
import type { Part } from './trials.ts'

/** The result of one trial. */
export interface FaultCell {
  client: string
  version: string
  language: string
  /** What it met: a fault or a scenario as it is typed, or what happened to the identity, in words. */
  fault: string
  style: StyleName
  part: Part
  /** `waiting`: it had not ended when it was ended. `broken`: the program said nothing that can be read. */
  outcome: 'token' | 'error' | 'waiting' | 'broken' | 'not run'
  seconds: number
  /** Requests for a token that came; challenges are not counted. */
  requests: number
  /** What the client said, or why it was not run. */
  message: string
}

/** What the client did, wherever on the page that stands. */
export type Met = Pick<FaultCell, 'outcome' | 'seconds' | 'requests' | 'message'>
