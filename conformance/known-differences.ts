/**
 * Where a client does other than a case expects, and it is the client's own doing: by design, or by a bug that has its
 * thread. A cell that differs in any other way is red, and so is one that ceases to differ: its row goes.
 *
 * @module
 */

import type { StyleName } from '@landfast/protocol'
import type { CaseName } from './cases.ts'
import type { CredentialName } from './client-report.ts'

/** One difference. */
export interface Difference {
  client: string
  /** Default: every version. */
  versions?: readonly string[]
  /** Default: every credential. */
  credentials?: readonly CredentialName[]
  /** Default: every style. */
  styles?: readonly StyleName[]
  cases: readonly CaseName[]
  /** What the fault has to look like. */
  shows: RegExp
  whose: 'by design' | 'bug'
  reason: string
  /** The thread or page that says so, or the source that was read. */
  evidence: string
}

/** Where a cell stands in the table. */
export interface Place {
  client: string
  version: string
  credential: CredentialName
  style: StyleName
  name: CaseName
}

const DIFFERENCES: readonly Difference[] = []

/** The row for the cell at `place`. */
export function findDifference(
  place: Place,
  differences: readonly Difference[] = DIFFERENCES,
): Difference | undefined {
  return differences.find(
    ({ client, versions, credentials, styles, cases }) =>
      client === place.client &&
      (versions?.includes(place.version) ?? true) &&
      (credentials?.includes(place.credential) ?? true) &&
      (styles?.includes(place.style) ?? true) &&
      cases.includes(place.name),
  )
}
