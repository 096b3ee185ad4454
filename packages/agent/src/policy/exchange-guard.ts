/**
 * Guards the token by which this machine proves itself at Entra ID: who has it is the application there, so no rule gives it
 * away that does not name its audience.
 *
 * @see docs/entra.md#by-federation
 * @module
 */

import { fullyDecoded, matchesAudience, TOKEN_FILE_STYLE, WireError } from '@landfast/protocol'
import type { Asked } from './facts.ts'
import type { Policy } from './policy.ts'

/** The token that is guarded. */
export interface GuardedExchange {
  readonly audience: string
  /** The ARM id of the user-assigned identity. */
  readonly resourceId: string
}

/** Refuses the guarded token where there is no policy file. @throws {WireError} `policy_denied`. */
export function refuseExchange(exchange: GuardedExchange): (asked: Asked) => void {
  return (asked) => {
    if (!isExchange(exchange, asked)) return
    const detail = `(any holder of a token of "${exchange.resourceId}" for "${exchange.audience}" is the application of this machine in Entra ID; only a rule of a policy file that names this audience gives it)`
    throw new WireError('policy_denied', { detail })
  }
}

/** `policy` as it is for this request: no rule gives the guarded token unless it names its audience. */
export function policyFor(policy: Policy, exchange: GuardedExchange | undefined, asked: Asked): Policy {
  if (!exchange || !isExchange(exchange, asked)) return policy
  const names = (value: string) => !value.endsWith('*') && matchesAudience(value, asked.audience)
  const rules = policy.rules.filter(
    ({ effect, conditions }) =>
      effect === 'deny' || conditions.some(({ field, values }) => field === 'audience' && values.some(names)),
  )
  return { rules }
}

function isExchange({ resourceId }: GuardedExchange, { identity, audience, style }: Asked): boolean {
  // An entry of the settings names its audience as a rule would.
  if (style === TOKEN_FILE_STYLE) return false
  return identity.resourceId.toLowerCase() === resourceId.toLowerCase() && isLikeExchange(audience)
}

/** What the audiences of the exchange have in common in every cloud, as {@link lettersOf} leaves it. */
const EXCHANGE = 'azureadtokenexchange'

/**
 * Whether the audience is one of the exchange in any cloud, or could be taken for one: many more spellings than Entra ID is
 * known to take as the same, and another application may trust the identity in another cloud. To guard too much costs
 * nobody more than a rule.
 */
function isLikeExchange(audience: string): boolean {
  return lettersOf(audience).includes(EXCHANGE)
}

/** Letters and digits alone, of characters that look alike or were encoded those of ASCII. */
function lettersOf(audience: string): string {
  return fullyDecoded(audience)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
}
