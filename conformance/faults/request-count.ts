/**
 * How often a client asked for a token.
 *
 * @module
 */

import type { SeenRequest, StandingFault } from '@landfast/emulator'
import type { StyleName } from '@landfast/protocol'
import { ENTRIES_MAX } from '../../packages/emulator/src/requests/request-log.ts'

/** What was to strike the requests, and in which style. */
interface Asked {
  standing: readonly Pick<StandingFault, 'struck'>[]
  style: StyleName
}

/**
 * An emulator remembers its newest requests alone. Where it has forgotten some, the fault tells how many it struck: one of keys
 * strikes the answer to each wrong key, so that one is right but for the first.
 */
export function countRequests(
  requests: readonly Pick<SeenRequest, 'isAnswerToChallenge'>[],
  { standing, style }: Asked,
): number {
  const isArc = style === 'arc'
  const seen = requests.filter(({ isAnswerToChallenge }) => !isArc || isAnswerToChallenge).length
  return requests.length < ENTRIES_MAX ? seen : Math.max(seen, ...standing.map(({ struck }) => struck))
}
