/**
 * Facts for `landfast policy test`: a hypothetical request, described by flags or taken from a running process.
 *
 * @see docs/policy.md#trying-it-out
 * @module
 */

import type { StyleName } from '@landfast/protocol'
import type { Container } from '../caller/control-group.ts'
import { type Program, programOf, userOf } from '../caller/programs.ts'
import { createFindGroups } from '../caller/user-groups.ts'
import { userIdOf, userName } from '../caller/user-names.ts'
import type { Facts } from './facts.ts'

/** What a caller asks for. */
export interface DescribedRequest {
  style: StyleName
  audience: string
  /** Names of one identity, as the rules write it. */
  identityNames: readonly string[]
}

/** The supposed caller. A missing field is unknown; null is none. */
export interface DescribedCaller {
  /** Name or id. */
  user?: string | undefined
  /** In place of those that the user has on this host. */
  groups?: readonly string[] | undefined
  program?: string | undefined
  unit?: string | null | undefined
  /** The id of a container, or the uid of a pod. */
  container?: string | null | undefined
}

/** A process as it would be seen if it asked an agent of this user. */
export interface SeenProcess {
  facts: Facts
  /** Undefined if it cannot be seen for want of privilege. */
  program: Program | undefined
}

/** The facts of a request by a caller that is described. */
export function factsOfDescription(request: DescribedRequest, caller: DescribedCaller): Facts {
  const { user, program, unit, container } = caller
  const isId = user !== undefined && /^\d+$/.test(user)
  const userId = isId ? Number(user) : user === undefined ? undefined : userIdOf(user)
  const found = userId === undefined ? undefined : createFindGroups()(userId)
  return {
    ...requestFacts(request),
    userId,
    user: isId ? userName(Number(user)) : user,
    groups: caller.groups ?? found,
    program,
    unit,
    container: container == null ? container : containerNamed(container),
  }
}

/** What is seen of a process, in the way in which an agent of this user sees it; undefined if there is none. */
export function seeProcess(request: DescribedRequest, processId: number): SeenProcess | undefined {
  const userId = userOf(processId)
  if (userId === undefined) return undefined
  const program = programOf(processId)
  const placement = program?.placement
  const facts: Facts = {
    ...requestFacts(request),
    userId,
    user: userName(userId),
    groups: createFindGroups()(userId),
    program: program?.isOurs ? program.path : undefined,
    unit: placement && (placement.unit ?? null),
    container: placement && (placement.container ?? null),
  }
  return { facts, program }
}

function requestFacts({ style, audience, identityNames }: DescribedRequest) {
  return { style, audience, identityNames: identityNames.map((name) => name.toLowerCase()) }
}

function containerNamed(name: string): Container {
  const id = name.toLowerCase()
  return { id, pod: id, isHosts: true }
}
