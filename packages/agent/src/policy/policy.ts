/**
 * The policy: the first rule whose every condition holds decides; where none does, the answer is no.
 *
 * @see docs/policy.md
 * @module
 */

import { type Answer, type Condition, meets } from './conditions.ts'
import type { Facts } from './facts.ts'

/** What a rule does. */
export type Effect = 'allow' | 'deny'

/** One rule of a policy. */
export interface Rule {
  name: string
  effect: Effect
  /** Where it begins in the file, from 1. */
  line: number
  /** All must be fulfilled; without one the rule is for everybody and everything. */
  conditions: readonly Condition[]
}

/** Rules in the order of the file. */
export interface Policy {
  rules: readonly Rule[]
}

/** What a policy says to a request. */
export interface Decision {
  effect: Effect
  /** The rule that decided; undefined if none did. */
  rule: Rule | undefined
}

/** What became of a rule in the explanation of a decision. */
export interface RuleTrace {
  rule: Rule
  /** Of each condition, in the order in which they were compared. */
  answers: readonly { condition: Condition; answer: Answer }[]
  /** Whether it decided. */
  decides: boolean
}

/** What `policy` says to a request. Something unknown fulfils no condition. */
export function decide({ rules }: Policy, facts: Facts): Decision {
  const rule = rules.find(({ conditions }) => conditions.every((one) => meets(one, facts) === 'yes'))
  return { effect: rule?.effect ?? 'deny', rule }
}

/** Whether a rule compares groups, which are not looked up otherwise. */
export function asksForGroups({ rules }: Policy): boolean {
  return rules.some(({ conditions }) => conditions.some(({ field }) => field === 'group'))
}

/** How {@link decide} comes to its decision: every rule up to the one that decides. */
export function explain({ rules }: Policy, facts: Facts): RuleTrace[] {
  const traces: RuleTrace[] = []
  for (const rule of rules) {
    const answers = rule.conditions.map((condition) => ({ condition, answer: meets(condition, facts) }))
    const decides = answers.every(({ answer }) => answer === 'yes')
    traces.push({ rule, answers, decides })
    if (decides) break
  }
  return traces
}
