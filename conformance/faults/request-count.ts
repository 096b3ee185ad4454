/**
 * How often a client asked for a token.
 *
 * @module
 */

import type { SeenRequest, StandingFault } from '@landfast/emulator'
import type { StyleName } from '@landfast/protocol'

/** What was to strike the requests, and in which style. */
interface Asked {
  standing: readonly Pick<StandingFault, 'fault' | 'struck'>[]
  style: StyleName
}

/** An emulator remembers its newest requests alone; but a fault counts all that it strikes. */
export function countRequests(
  requests: readonly Pick<SeenRequest, 'isAnswerToChallenge'>[],
  { standing, style }: Asked,
): number {
  const isArc = style === 'arc'
  const seen = requests.filter(({ isAnswerToChallenge }) => !isArc || isAnswerToChallenge)
  const ofTokens = standing.filter(({ fault }) => !fault.kind.startsWith('key-file-'))
  return Math.max(seen.length, ...ofTokens.map(({ struck }) => struck))
}
