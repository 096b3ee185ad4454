/**
 * The rule without a policy file, for styles with neither key file nor secret: root, the agent's own user, and members
 * of the group that may read key files may ask.
 *
 * @see docs/security.md#who-is-asking
 * @module
 */

import { WireError } from '@landfast/protocol'
import type { Caller } from '../caller/caller.ts'
import type { FindGroups } from '../caller/user-groups.ts'

const ROOT = 0

/** What the rule compares with. */
export interface DefaultRule {
  /** The agent's own user; undefined where the system has no user ids. */
  ownUserId: number | undefined
  /** Whether a user is in the group that may ask. */
  isMember: (userId: number) => boolean
}

/** The rule of this process, by which the members of `group` may ask; undefined: only root and its own user. */
export function defaultRule(group: string | undefined, findGroups: FindGroups): DefaultRule {
  return {
    ownUserId: process.geteuid?.(),
    isMember: (userId) => group !== undefined && findGroups(userId).includes(group),
  }
}

/** Decides over a caller, once a connection. */
export type Admission = (caller: Caller) => void

/**
 * An admission by the rule: what is found of a caller counts for its connection.
 *
 * @throws {WireError} `caller_denied`, also for a caller whose user the system does not tell.
 */
export function createAdmission(rule: DefaultRule): Admission {
  const admitted = new WeakMap<Caller, boolean>()
  return (caller) => {
    const allowed = admitted.get(caller) ?? isAdmitted(rule, caller.userId)
    admitted.set(caller, allowed)
    if (!allowed) throw new WireError('caller_denied')
  }
}

/** The rule itself. */
export function isAdmitted({ ownUserId, isMember }: DefaultRule, userId: number | undefined): boolean {
  if (userId === undefined) return false
  return userId === ROOT || userId === ownUserId || isMember(userId)
}
