/**
 * Callers that ask for tokens without a pause while a test breaks something, and the answers that they got.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { clientCredentialsForm } from '@landfast/protocol'
import { onTestFinished } from 'vitest'
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

/** One request. Its id is in the audit trail as the correlation id. */
export interface Call {
  id: string
  assertion: string
  target: Target
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
    retryAfter: answer?.headers['retry-after'] as string,
  }
}

/** How often the database says that a token was given for the request with each id; none if it never was. */
export async function tokensGiven(databaseUrl: string): Promise<ReadonlyMap<string, number>> {
  const rows = await query<{ id: string; count: string }>(
    databaseUrl,
    `select correlation_id as id, count(*) as count from audit
      where action = 'issue-token' and outcome = 'done' group by correlation_id`,
  )
  return new Map(rows.map(({ id, count }) => [id, Number(count)]))
}
