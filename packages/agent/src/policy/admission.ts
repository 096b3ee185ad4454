/**
 * The policy's decision on a request: the caller, the rule that decides, and the sentence that a refused caller reads.
 *
 * @see docs/policy.md#a-refusal
 * @module
 */

import { WireError } from '@landfast/protocol'
import type { Caller } from '../caller/caller.ts'
import type { FindGroups } from '../caller/user-groups.ts'
import { type Asked, factsOf } from './facts.ts'
import { type Decision, decide } from './policy.ts'
import type { PolicyFile } from './policy-file.ts'

/** SDKs take a 403 that holds this word for Docker Desktop, and skip managed identity. */
const WORD_OF_DOCKER = /unreachable/gi

/** An audience is quoted so far; the caller knows what it asked for. */
const AUDIENCE_QUOTED_CHARACTERS = 200

/** Groups of a connection are looked up again after this time: to look costs more than all the rules. */
const GROUPS_GOOD_MS = 1000

/** What the policy says. */
export interface Verdict {
  /** The rule that decided. */
  rule: string | undefined
  /** Undefined if the request is allowed. */
  denial: WireError | undefined
}

/** Asks the policy. Never throws. */
export type AskPolicy = (asked: Asked) => Verdict

/**
 * Asks the policy of `file` as it is at that moment.
 *
 * @param monotonic milliseconds of a clock that never jumps.
 */
export function createAskPolicy(
  file: PolicyFile,
  findGroups: FindGroups,
  monotonic: () => number,
): AskPolicy {
  const groupsOf = rememberGroups(findGroups, monotonic)
  return (asked) => {
    const decision = decide(file.current, factsOf(asked, groupsOf(asked.caller)))
    const denial =
      decision.effect === 'allow'
        ? undefined
        : new WireError('policy_denied', { detail: describe(asked, decision, file.path) })
    return { rule: decision.rule?.name, denial }
  }
}

/** A look-up for one connection, which a new connection does not share. */
function rememberGroups(findGroups: FindGroups, monotonic: () => number): (caller: Caller) => FindGroups {
  const known = new WeakMap<Caller, { groups: readonly string[]; at: number }>()
  return (caller) => (userId) => {
    const former = known.get(caller)
    if (former && monotonic() - former.at < GROUPS_GOOD_MS) return former.groups
    const groups = findGroups(userId)
    known.set(caller, { groups, at: monotonic() })
    return groups
  }
}

function describe({ caller, audience, identity, isSystem }: Asked, { rule }: Decision, path: string): string {
  const which = isSystem ? 'the machine\u2019s own' : `"${identity.resourceId}"`
  const what = `identity ${which}, audience "${audience.slice(0, AUDIENCE_QUOTED_CHARACTERS)}"`
  const why = rule
    ? `denied by the rule "${rule.name}" at ${path}:${rule.line}`
    : `no rule of ${path} allows it`
  return `(${describeCaller(caller)}, ${what}; ${why})`.replace(WORD_OF_DOCKER, 'un-reachable')
}

function describeCaller({ userId, user, program }: Caller): string {
  const name = user ?? userId
  const who = name === undefined ? 'user unknown' : `user "${name}"`
  return `${who}, program ${program ? `"${program.path}"` : 'unknown'}`
}
