/**
 * The bench on which a case is tried: an agent or a control plane, prepared for the case and changed before each step.
 *
 * @module
 */

import type { Identity } from '@landfast/protocol'
import type { Step } from './cases.ts'
import type { ClientProgram } from './client-process.ts'
import type { Selector } from './client-report.ts'
import type { Site } from './site.ts'
import type { Counted } from './verdict.ts'
import type { Wine } from './windows/wine.ts'

/** What the cases of a lane have in common. */
export interface Lab {
  site: Site
  program: ClientProgram
  folder: string
  /** Where the program runs if it is one of Windows. */
  wine: Wine | undefined
}

/** What stands ready for a case. */
export interface Bench {
  /** What leads the client there. */
  variables: Readonly<Record<string, string>>
  /** Whose token is to come. */
  identity: Identity
  selector: Selector | null
  /** Makes everything as `step` wants it. */
  prepare(step: Step): Promise<void>
  count(): Promise<Counted>
  /** The time of whoever answers the client, in milliseconds since 1970. */
  now(): number
  close(): Promise<void>
}
