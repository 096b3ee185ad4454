/**
 * One case with one client in one style: an agent of its own, the program as often as the case says, and what is
 * thought of it.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Agent, type AgentMembership, createAgent } from '@landfast/agent'
import type { Identity } from '@landfast/protocol'
import { type Case, caseOf, type Step } from './cases.ts'
import { type Cell, emptyCell, judgeCell } from './cell.ts'
import { type ClientProgram, runClient } from './client-process.ts'
import type { ClientReport, ClientRequest } from './client-report.ts'
import { COLUMNS, type Column } from './columns.ts'
import { readCounted } from './counted.ts'
import type { Place } from './known-differences.ts'
import { MovedClock } from './moved-clock.ts'
import type { Site } from './site.ts'
import { isElsewhere, prepareSurroundings } from './surroundings.ts'
import { SwitchedSource } from './upstream.ts'
import { faultOf } from './verdict.ts'

/** What the token is for. */
const RESOURCE = 'https://vault.azure.net'

const TOKEN_SECONDS = 3600

/** Between the clocks of one machine, and a client's own rounding. */
const TOLERANCE_SECONDS = 120

/** What the cases of a lane have in common. */
export interface Lab {
  site: Site
  program: ClientProgram
  folder: string
}

/** A case under way. */
interface Bench {
  site: Site
  program: ClientProgram
  wanted: Case
  request: ClientRequest
  identity: Identity
  variables: Readonly<Record<string, string>>
  source: SwitchedSource
  clock: MovedClock
  socket: string
  beganAt: number
}

/** Tries the cell at `place`. */
export async function tryCell(lab: Lab, place: Place): Promise<Cell> {
  const column = COLUMNS[place.style]
  const wanted = caseOf(place.name)
  const clock = new MovedClock()
  const source = new SwitchedSource(lab.site.membership.source)
  const socket = join(lab.folder, 'agent.sock')
  const policy = wanted.policy && writePolicy(lab.folder, wanted.policy)
  const agent = makeAgent({ ...lab, column, wanted, policy, clock, source, socket })
  await agent.start()
  try {
    const [location] = agent.locations
    if (!location) throw new TypeError('a started agent has an endpoint')
    const { variables, undo } = await prepareSurroundings(wanted.surroundings ?? 'variables', {
      ...{ column, location, folder: lab.folder },
    })
    try {
      const { identity, request } = requestOf(lab.site, wanted, place)
      const beganAt = clock.now()
      return await judge(place, {
        ...lab,
        wanted,
        request,
        identity,
        variables,
        source,
        clock,
        socket,
        beganAt,
      })
    } finally {
      await undo()
    }
  } finally {
    await agent.stop()
    lab.site.skew(0)
  }
}

function makeAgent(parts: {
  site: Site
  column: Column
  wanted: Case
  policy: string | undefined
  clock: MovedClock
  source: SwitchedSource
  socket: string
}): Agent {
  const { site, column, wanted, policy, clock, source, socket } = parts
  return createAgent({
    endpoints: [isElsewhere(wanted.surroundings ?? 'variables') ? column.elsewhere() : column.usual()],
    identity: site.membership.identity,
    membership: lent(site),
    policy,
    source,
    clock,
    admin: { socket },
  })
}

/** Writes the policy of a case; JSON is YAML as well. */
function writePolicy(folder: string, rules: readonly object[]): string {
  const file = join(folder, 'policy.yaml')
  writeFileSync(file, JSON.stringify({ rules }), { mode: 0o644 })
  return file
}

/** Another agent goes on with it. */
function lent({ membership }: Site): AgentMembership {
  return {
    identities: membership.identities,
    status: membership.status,
    start: () => {},
    stop: async () => {},
  }
}

function requestOf(site: Site, wanted: Case, { client, credential }: Place) {
  const { own, assigned, stranger } = site.identities
  const selected = wanted.isStranger ? stranger : assigned
  const { by } = wanted
  const names = {
    client_id: selected.clientId,
    object_id: selected.principalId,
    resource_id: selected.resourceId,
  }
  const selector = by ? { by, value: names[by] } : null
  const request: ClientRequest = {
    client,
    credential,
    resource: RESOURCE,
    selector,
    calls: wanted.calls ?? 1,
  }
  return { identity: by ? selected : own, request }
}

/** The first step that goes wrong decides. */
async function judge(place: Place, bench: Bench): Promise<Cell> {
  const seen: ClientReport[] = []
  const judged = (fault?: string): Cell => ({
    ...judgeCell(place, fault, Math.max(0, ...seen.map(({ seconds }) => seconds))),
    ...courseOf(place, seen),
  })
  for (const step of bench.wanted.steps) {
    prepareStep(bench, step)
    const processes = Array.from({ length: bench.wanted.processes ?? 1 })
    const running = processes.map(() => runClient(bench.program, bench.request, bench.variables))
    const ended = await Promise.allSettled(running)
    const broken = ended.find((one) => one.status === 'rejected')
    if (broken) return judged(`the program broke: ${String(broken.reason)}`)
    const reports = ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    seen.push(...reports)
    if (reports.some(({ outcome }) => outcome === 'unsupported')) {
      return emptyCell(place, 'not offered', 'the client has no option for it')
    }
    const fault = await findFault(bench, step, reports)
    if (fault !== undefined) return judged(fault)
  }
  return judged()
}

/** What chains try behind a managed identity, as their errors name it. */
const LATER_CREDENTIALS = /Azure ?CLI|Azure ?PowerShell|Azure ?Developer ?CLI|azd/i

/** What a chain did that was refused; nothing where none was. */
function courseOf({ credential }: Place, seen: readonly ClientReport[]): Pick<Cell, 'goesOn'> {
  const refused = seen.findLast(({ outcome }) => outcome === 'error')
  if (credential !== 'default' || !refused) return {}
  return { goesOn: LATER_CREDENTIALS.test(refused.error ?? '') }
}

function prepareStep({ site, source, clock }: Bench, step: Step): void {
  if (step.upstream) source.switch(step.upstream)
  if (step.passSeconds !== undefined) clock.pass(step.passSeconds)
  if (step.skewSeconds !== undefined) site.skew(step.skewSeconds)
}

async function findFault(
  bench: Bench,
  step: Step,
  reports: readonly ClientReport[],
): Promise<string | undefined> {
  const lifetime = step.upstream?.lifetimeSeconds ?? TOKEN_SECONDS
  const [first, last] = [bench.beganAt, bench.clock.now()].map((time) => Math.floor(time / 1000) + lifetime)
  const token = {
    principalId: bench.identity.principalId,
    resource: RESOURCE,
    endsBetween: [(first ?? 0) - TOLERANCE_SECONDS, (last ?? 0) + TOLERANCE_SECONDS] as const,
  }
  const counted = await readCounted(bench.socket)
  return reports.map((report) => faultOf(report, step.expected, { token, counted })).find(Boolean)
}
