/**
 * What the first process of a control plane and the others tell each other.
 *
 * @module
 */

import type { Taking } from '@landfast/control-plane'
import type { ControlPlaneSettings } from '../settings/control-plane-settings.ts'

/** The variable that makes a process that was started with a channel one of the others. */
export const MEMBER_VARIABLE = 'LANDFAST_CONTROL_PLANE_MEMBER'

/** What a member is to serve. The files that the settings name it reads itself. */
export interface MemberStart {
  /** 2 and more; the first process is 1. */
  number: number
  settings: ControlPlaneSettings
  /** The port that the first one has. */
  port: number
  databaseConnections: number
}

/** To a member. */
export type ToMember =
  | { kind: 'start'; start: MemberStart }
  | { kind: 'stop' }
  | { kind: 'reload' }
  | { kind: 'count'; question: number }
  | { kind: 'taken'; takings: readonly Taking[] }

/** From a member. `here`: it can be told what to do; `ready`: it serves. */
export type FromMember =
  | { kind: 'here' }
  | { kind: 'ready' }
  | { kind: 'counted'; question: number; counters: object[] }
  | { kind: 'taken'; takings: readonly Taking[] }
