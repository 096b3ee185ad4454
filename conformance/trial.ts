/**
 * Tries one case with one client in one column: sets up a bench, runs the program as often as the case says, and gives
 * the verdict.
 *
 * @module
 */

import { WORKLOAD_IDENTITY } from '../packages/cli/src/run/run-styles.ts'
import { openAgentBench } from './agent-bench.ts'
import type { Bench, Lab } from './bench.ts'
import { type Case, caseOf, RESOURCE, type Step } from './cases.ts'
import { type Cell, emptyCell, judgeCell } from './cell.ts'
import { type ClientProgram, runClient } from './client-process.ts'
import type { ClientReport, ClientRequest } from './client-report.ts'
import { comparable } from './comparable.ts'
import type { Place } from './known-differences.ts'
import { faultOf, faultOfVersion } from './verdict.ts'
import { openWorkloadBench } from './workload-bench.ts'

const TOKEN_SECONDS = 3600

/** Between the clocks of one machine, and a client's own rounding. */
const TOLERANCE_SECONDS = 120

/** A case under way. */
interface Trial {
  program: ClientProgram
  wanted: Case
  request: ClientRequest
  bench: Bench
  beganAt: number
}

/** Tries the cell at `place`. */
export async function tryCell(lab: Lab, place: Place): Promise<Cell> {
  const { client, credential, style } = place
  const wanted = caseOf(place.name)
  const bench =
    style === WORKLOAD_IDENTITY
      ? await openWorkloadBench(lab, wanted)
      : await openAgentBench(lab, style, wanted)
  try {
    const { resource = lab.program.resource ?? RESOURCE, calls = 1 } = wanted
    const request = { client, credential, resource, selector: bench.selector, calls }
    return await judge(place, { program: lab.program, wanted, request, bench, beganAt: bench.now() })
  } finally {
    await bench.close()
  }
}

/** The first step that goes wrong decides. */
async function judge(place: Place, trial: Trial): Promise<Cell> {
  const seen: ClientReport[] = []
  const judged = (fault?: string): Cell => ({
    ...judgeCell(place, fault, Math.max(0, ...seen.map(({ seconds }) => seconds))),
    ...courseOf(place, seen),
    ...saidOf(seen),
  })
  for (const step of trial.wanted.steps) {
    await trial.bench.prepare(step)
    const processes = Array.from({ length: trial.wanted.processes ?? 1 })
    const running = processes.map(() => runClient(trial.program, trial.request, trial.bench.variables))
    const ended = await Promise.allSettled(running)
    const broken = ended.find((one) => one.status === 'rejected')
    if (broken) return judged(`the program broke: ${String(broken.reason)}`)
    const reports = ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    seen.push(...reports)
    const mistaken = faultOfVersion(reports, place.version)
    if (mistaken !== undefined) return { ...place, colour: 'red', reason: mistaken }
    if (reports.some(({ outcome }) => outcome === 'unsupported')) {
      return emptyCell(place, 'not offered', 'the client has no option for it')
    }
    const fault = await findFault(trial, step, reports)
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

/** The words of its last refusal. */
function saidOf(seen: readonly ClientReport[]): Pick<Cell, 'said'> {
  const error = seen.findLast(({ outcome }) => outcome === 'error')?.error
  return error ? { said: comparable(error) } : {}
}

async function findFault(
  { bench, request, beganAt }: Trial,
  step: Step,
  reports: readonly ClientReport[],
): Promise<string | undefined> {
  const lifetime = step.upstream?.lifetimeSeconds ?? TOKEN_SECONDS
  const [first, last] = [beganAt, bench.now()].map((time) => Math.floor(time / 1000) + lifetime)
  const { principalId, resourceId } = bench.identity
  const token = {
    principalId,
    resourceId,
    resource: request.resource,
    endsBetween: [(first ?? 0) - TOLERANCE_SECONDS, (last ?? 0) + TOLERANCE_SECONDS] as const,
  }
  const counted = await bench.count()
  return reports.map((report) => faultOf(report, step.expected, { token, counted })).find(Boolean)
}
