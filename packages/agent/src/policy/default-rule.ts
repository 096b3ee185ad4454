/**
 * The rule without a policy file, for styles with neither key file nor secret: root, the agent's own user, and members
 * of the group that may read key files may ask.
 *
 * @see docs/security.md#who-is-asking
 * @module
 */

import { WireError } from '@landfast/protocol'
import type { Caller } from '../caller/caller.ts'

const ROOT = 0

/** What the rule compares with. */
export interface DefaultRule {
  /** The agent's own user; undefined where the system has no user ids. */
  ownUserId: number | undefined
  /** The group whose members may ask, by its name or its number; undefined: there is none. */
  group: string | undefined
}

/** The rule of this process, by which the members of `group` may ask; undefined: only root and its own user. */
export function defaultRule(group: string | undefined): DefaultRule {
  return { ownUserId: process.geteuid?.(), group }
}

/** Decides over a caller, once a connection. */
export type Admission = (caller: Caller) => void | Promise<void>

/**
 * An admission by the rule: what is found of a caller counts for its connection.
 *
 * @throws {WireError} `caller_denied`, also for a caller whose user the system does not tell.
 */
export function createAdmission(rule: DefaultRule): Admission {
  const admitted = new WeakMap<Caller, Promise<boolean>>()
  const admit = async (caller: Caller) => {
    const allowed = admitted.get(caller) ?? isAdmitted(rule, caller)
    admitted.set(caller, allowed)
    if (!(await allowed)) throw new WireError('caller_denied')
  }
  return (caller) => (isAlwaysAdmitted(rule, caller) ? undefined : admit(caller))
}

/** The rule itself. */
export async function isAdmitted(
  { ownUserId, group }: DefaultRule,
  { userId, findGroups }: Pick<Caller, 'userId' | 'findGroups'>,
): Promise<boolean> {
  if (userId === undefined) return false
  if (isAlwaysAdmitted({ ownUserId }, { userId })) return true
  return group !== undefined && ((await findGroups())?.includes(group) ?? false)
}

function isAlwaysAdmitted(
  { ownUserId }: Pick<DefaultRule, 'ownUserId'>,
  { userId }: Pick<Caller, 'userId'>,
): boolean {
  return userId !== undefined && (userId === ROOT || userId === ownUserId)
}
