/**
 * Facts for `landfast policy test`: a hypothetical request, described by flags or taken from a running process.
 *
 * @see docs/policy.md#trying-it-out
 * @module
 */

import type { Way } from '@landfast/protocol'
import { namesAndIds } from '../caller/caller-groups.ts'
import type { Container } from '../caller/control-group.ts'
import { createNameService } from '../caller/name-service.ts'
import { groupsOfProcess, type Program, programOf, userOf } from '../caller/processes.ts'
import type { Facts } from './facts.ts'

/** What a caller asks for. */
export interface DescribedRequest {
  style: Way
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
  /** The name of a workload; of such a caller nothing else is known. */
  workload?: string | undefined
}

/** A process as it would be seen if it asked an agent of this user. */
export interface SeenProcess {
  facts: Facts
  /** Undefined if it cannot be seen for want of privilege. */
  program: Program | undefined
}

const names = createNameService()

/** The facts of a request by a caller that is described. */
export async function factsOfDescription(request: DescribedRequest, caller: DescribedCaller): Promise<Facts> {
  const { user, program, unit, container } = caller
  const isId = user !== undefined && /^\d+$/.test(user)
  const userId = isId ? Number(user) : user === undefined ? undefined : await names.userIdOf(user)
  return {
    ...requestFacts(request),
    userId,
    user: isId ? await names.userName(Number(user)) : user,
    groups: caller.groups ?? (userId === undefined ? undefined : await groupsOfUser(userId)),
    program,
    unit,
    container: container == null ? container : containerNamed(container),
    workload: caller.workload ?? null,
  }
}

/** What is seen of a process, in the way in which an agent of this user sees it; undefined if there is none. */
export async function seeProcess(
  request: DescribedRequest,
  processId: number,
): Promise<SeenProcess | undefined> {
  const userId = userOf(processId)
  if (userId === undefined) return undefined
  const program = programOf(processId)
  const placement = program?.placement
  const facts: Facts = {
    ...requestFacts(request),
    userId,
    user: await names.userName(userId),
    groups: await groupsSeen(userId, program),
    program: program?.isOurs ? program.path : undefined,
    unit: placement && (placement.unit ?? null),
    container: placement && (placement.container ?? null),
    workload: null,
  }
  return { facts, program }
}

/** An agent takes the groups of a process that it may look into, or else those of its user. */
async function groupsSeen(userId: number, program: Program | undefined): Promise<readonly string[]> {
  const groups = program && groupsOfProcess(program.processId)
  return groups ? await namesAndIds(groups, names) : await groupsOfUser(userId)
}

async function groupsOfUser(userId: number): Promise<readonly string[]> {
  return await namesAndIds(await names.groupsOf(userId), names)
}

function requestFacts({ style, audience, identityNames }: DescribedRequest) {
  return { style, audience, identityNames: identityNames.map((name) => name.toLowerCase()) }
}

function containerNamed(name: string): Container {
  const id = name.toLowerCase()
  return { id, pod: id, isHosts: true }
}
