/**
 * Callers that ask for tokens without a pause while a test breaks something, and the answers that they got.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { clientCredentialsForm } from '@landfast/protocol'
import { decodeJwt } from 'jose'
import { expect, onTestFinished } from 'vitest'
import type { ControlPlane } from '../../packages/control-plane/src/control-plane.ts'
import { query } from '../../packages/control-plane/src/testing/postgres.ts'
import {
  createClock,
  makeAssertion,
  RESOURCE,
  send,
  type TrialMachine,
  tokenUrl,
} from '../../packages/control-plane/src/testing/trial.ts'
import { until } from '../../packages/control-plane/src/testing/waiting.ts'

/** Where a control plane is asked, and by which name it knows itself. */
export interface Target {
  /** `https://127.0.0.1:PORT` */
  address: string
  caFile: string
  /** The URL that assertions are made for. */
  url: string
}

/** One request. */
export interface Call {
  id: string
  assertion: string
  target: Target
  /** What the token's id begins with: the audit trail counts all of one beginning in one row. */
  tokenIds?: string
  /** 0 if there was no answer. */
  status: number
  /** The number after AADSTS. */
  number?: number
  retryAfter?: string
}

/** Callers under way. */
export interface Load {
  readonly calls: readonly Call[]
  accepted(): readonly Call[]
  /** Resolves when `count` more were accepted. */
  untilAccepted(count: number): Promise<void>
  stop(): Promise<void>
}

const CALLERS = 6

/** So that refusals, which come fast, do not take the machine from what is to come back. */
const PAUSE_AFTER_FAILURE_MILLISECONDS = 20

/** Starts callers that ask `targets` in turn; they stop with the test. */
export function startLoad(machine: TrialMachine, targets: readonly Target[]): Load {
  const calls: Call[] = []
  let isStopped = false
  const accepted = () => calls.filter(({ status }) => status === 200)
  const call = async (count: number) => {
    const target = targets[count % targets.length] as Target
    const made = await ask(machine, target)
    calls.push(made)
    if (made.status !== 200) await setTimeout(PAUSE_AFTER_FAILURE_MILLISECONDS)
  }
  const callers = Array.from({ length: CALLERS }, async (_, first) => {
    for (let count = first; !isStopped; count++) await call(count)
  })
  const stop = async () => {
    isStopped = true
    await Promise.all(callers)
  }
  onTestFinished(stop)
  return {
    calls,
    accepted,
    untilAccepted: (count) => {
      const before = accepted().length
      return until(() => accepted().length >= before + count)
    },
    stop,
  }
}

async function ask(machine: TrialMachine, target: Target): Promise<Call> {
  const trial = { controlPlane: target as unknown as ControlPlane, clock: createClock() }
  return present(machine, { id: randomUUID(), assertion: await makeAssertion(machine, trial), target })
}

/** Presents an assertion, be it for the first time or again. */
export async function present(
  machine: TrialMachine,
  { id, assertion, target }: Pick<Call, 'id' | 'assertion' | 'target'>,
): Promise<Call> {
  const { clientId, tenantId } = machine.identity
  const form = clientCredentialsForm({ clientId, audience: RESOURCE, assertion })
  const controlPlane = { url: target.address, caFile: target.caFile } as ControlPlane
  const answer = await send(controlPlane, tokenUrl(controlPlane, tenantId), {
    form,
    headers: { 'client-request-id': id },
  }).catch(() => undefined)
  return {
    id,
    assertion,
    target,
    status: answer?.status ?? 0,
    number: answer?.body.error_codes?.[0],
    ...(answer?.status === 200 && { tokenIds: beginningOf(answer.body.access_token) }),
    retryAfter: answer?.headers['retry-after'] as string,
  }
}

/** What the `jti` of every token of one kind and minute begins with. */
function beginningOf(token: string): string {
  return String(decodeJwt(token).jti).slice(0, 12)
}

/** How many tokens the database says were given whose ids begin so. */
async function tokensGiven(databaseUrl: string): Promise<ReadonlyMap<string, number>> {
  const rows = await query<{ gathered: string; count: string }>(
    databaseUrl,
    `select gathered, count from audit where action = 'issue-token' and outcome = 'done'`,
  )
  return new Map(rows.map(({ gathered, count }) => [gathered, Number(count)]))
}

/** Expects that each token that a caller was given is counted, and no more than were asked for. */
export async function expectCounted(
  databaseUrl: string,
  load: Pick<Load, 'calls' | 'accepted'>,
): Promise<number> {
  const given = await tokensGiven(databaseUrl)
  for (const [beginning, calls] of Map.groupBy(load.accepted(), ({ tokenIds }) => tokenIds ?? '')) {
    expect(given.get(beginning) ?? 0).toBeGreaterThanOrEqual(calls.length)
  }
  const total = [...given.values()].reduce((sum, count) => sum + count, 0)
  expect(total).toBeLessThanOrEqual(load.calls.length)
  return total
}
