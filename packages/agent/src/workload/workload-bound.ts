/**
 * What a workload was added with: the identities and audiences that it may have. A policy file can only give it less.
 *
 * @see docs/containers.md#what-a-workload-may-have
 * @module
 */

import { WireError } from '@landfast/protocol'
import type { AskPolicy } from '../policy/admission.ts'
import { type Condition, type FieldName, meets, parseValue } from '../policy/conditions.ts'
import { type Asked, factsOf, nameOfIdentity } from '../policy/facts.ts'
import type { Workload } from './workload.ts'

/** How what it was added with stands to a request. */
export type WorkloadBound = (asked: Asked) => 'inside' | 'outside' | 'unsaid'

/** An audience is quoted so far. */
const AUDIENCE_QUOTED_CHARACTERS = 200

const UNSAID = 'the workload was added with no audience, and there is no policy file'

/**
 * The bound of a workload. Without audiences it is unsaid what it may have, which is nothing but what a policy allows.
 *
 * @throws {TypeError} whose message completes "FIELD …".
 */
export function createBound({
  identities,
  audiences,
}: Pick<Workload, 'identities' | 'audiences'>): WorkloadBound {
  const conditions = [conditionOf('identity', identities), conditionOf('audience', audiences)].filter(
    (condition) => condition !== undefined,
  )
  return (asked) => {
    const facts = factsOf(asked, undefined)
    if (!conditions.every((condition) => meets(condition, facts) === 'yes')) return 'outside'
    return audiences.length > 0 ? 'inside' : 'unsaid'
  }
}

/**
 * Asks what the workload was added with, then the policy if there is one.
 *
 * @param boundOf that of a workload by its name; undefined once it was removed.
 */
export function withinBounds(
  boundOf: (workload: string | undefined) => WorkloadBound | undefined,
  policy: AskPolicy | undefined,
): AskPolicy {
  return async (asked) => {
    const stand = boundOf(asked.caller.workload)?.(asked) ?? 'outside'
    if (stand === 'outside')
      return { rule: undefined, denial: denialOf(asked, 'the workload was not added with it') }
    if (policy) return await policy(asked)
    return { rule: undefined, denial: stand === 'inside' ? undefined : denialOf(asked, UNSAID) }
  }
}

function denialOf({ caller, audience, ...identified }: Asked, why: string): WireError {
  const what = `identity ${nameOfIdentity(identified)}, audience "${audience.slice(0, AUDIENCE_QUOTED_CHARACTERS)}"`
  const detail = `(workload "${caller.workload}", ${what}; ${why})`
  return new WireError('policy_denied', { detail })
}

function conditionOf(field: FieldName, texts: readonly string[]): Condition | undefined {
  return texts.length === 0 ? undefined : { field, values: texts.map((text) => parseValue(field, text)) }
}
