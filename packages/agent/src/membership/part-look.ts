/**
 * A look at one part of the agent: whether it does what it is there for.
 *
 * @module
 */

/** Why a part does not. */
export interface PartFault {
  /** A code of docs/errors.md. */
  code: string
  /** For people on this host. */
  message: string
  /** Since when, where the part knows that; milliseconds since 1970. */
  since?: number
}

/** How one part looks now. */
export interface PartLook {
  /** As `partName` makes it. */
  part: string
  /** Undefined if nothing is wrong with it. */
  fault: PartFault | undefined
}
