/**
 * The policy's decision on a request: the caller, the rule that decides, and the sentence that a refused caller reads.
 *
 * @see docs/policy.md#a-refusal
 * @module
 */

import { WireError } from '@landfast/protocol'
import type { Caller } from '../caller/caller.ts'
import { type GuardedExchange, policyFor } from './exchange-guard.ts'
import { type Asked, factsOf, nameOfIdentity } from './facts.ts'
import { asksForGroups, type Decision, decide } from './policy.ts'
import type { PolicyFile } from './policy-file.ts'

/** SDKs take a 403 that holds this word for Docker Desktop, and skip managed identity. */
const WORD_OF_DOCKER = /unreachable/gi

/** An audience is quoted so far; the caller knows what it asked for. */
const AUDIENCE_QUOTED_CHARACTERS = 200

/** What the policy says. */
export interface Verdict {
  /** The rule that decided. */
  rule: string | undefined
  /** Undefined if the request is allowed. */
  denial: WireError | undefined
}

/** Asks the policy. Never throws. */
export type AskPolicy = (asked: Asked) => Promise<Verdict>

/** Asks the policy of `file` as it is at that moment; a rule that does not name the audience gives away no `exchange`. */
export function createAskPolicy(file: PolicyFile, exchange?: GuardedExchange): AskPolicy {
  return async (asked) => {
    const current = policyFor(file.current, exchange, asked)
    const groups = asksForGroups(current) ? await asked.caller.findGroups() : undefined
    const decision = decide(current, factsOf(asked, groups))
    const denial =
      decision.effect === 'allow'
        ? undefined
        : new WireError('policy_denied', { detail: describe(asked, decision, file.path) })
    return { rule: decision.rule?.name, denial }
  }
}

function describe({ caller, audience, ...identified }: Asked, { rule }: Decision, path: string): string {
  const what = `identity ${nameOfIdentity(identified)}, audience "${audience.slice(0, AUDIENCE_QUOTED_CHARACTERS)}"`
  const why = rule
    ? `denied by the rule "${rule.name}" at ${path}:${rule.line}`
    : `no rule of ${path} allows it`
  return `(${describeCaller(caller)}, ${what}; ${why})`.replace(WORD_OF_DOCKER, 'un-reachable')
}

function describeCaller({ userId, user, program, workload }: Caller): string {
  if (workload !== undefined) return `workload "${workload}"`
  const name = user ?? userId
  const who = name === undefined ? 'user unknown' : `user "${name}"`
  return `${who}, program ${program ? `"${program.path}"` : 'unknown'}`
}
