/** Two control planes in processes of their own on one PostgreSQL database. */

import { expect, onTestFinished, test } from 'vitest'
import { freePort, startPostgres } from '../../packages/control-plane/src/testing/postgres.ts'
import {
  registerTrialMachine,
  startTrial,
  TRIAL_ENCRYPTION_KEY,
  temporaryFolder,
} from '../../packages/control-plane/src/testing/trial.ts'
import { skipWithoutPostgres } from '../../packages/control-plane/src/testing/trial-database.ts'
import { type Child, childCommand, startChild } from '../agent/child.ts'
import { type Call, expectCounted, present, startLoad, type Target } from './token-load.ts'

/** The name that both replicas have for their clients, as behind a load balancer. */
const ORIGIN = 'https://127.0.0.1'

async function startReplica(databaseUrl: string): Promise<{ process: Child; target: Target }> {
  const port = await freePort()
  // What is presented again comes all at once, and of one caller.
  const callerRequestsPerSecond = 0
  const options = {
    stateFolder: await temporaryFolder(),
    databaseUrl,
    port,
    url: ORIGIN,
    callerRequestsPerSecond,
  }
  const program = JSON.stringify({ ...options, encryptionKey: TRIAL_ENCRYPTION_KEY })
  const process = startChild(childCommand(new URL('./replica-program.ts', import.meta.url), program))
  const { caFile } = (await process.read()) as { caFile: string }
  return { process, target: { url: ORIGIN, address: `https://127.0.0.1:${port}`, caFile } }
}

/**
 * How many of those that were accepted are presented again. Of one client no more than 30 wrong credentials are looked at
 * at once, and of those that were lost one for each caller may turn out to be spent.
 */
const AGAIN_MAX = 20

test('of two replicas under load one is killed: no acknowledged token is lost, and no assertion is good twice', async () => {
  skipWithoutPostgres()
  const server = await startPostgres({ durable: true })
  onTestFinished(() => server.remove())
  const databaseUrl = server.url()
  const [first, second] = await Promise.all([startReplica(databaseUrl), startReplica(databaseUrl)])
  const { registry } = await startTrial({ databaseUrl })
  const machine = await registerTrialMachine({ registry })
  const load = startLoad(machine, [first.target, second.target])
  await load.untilAccepted(60)
  await first.process.end('SIGKILL')
  await load.untilAccepted(60)
  await load.stop()

  const { calls } = load
  expect([...new Set(calls.map(({ status }) => status))].sort()).toEqual([0, 200])
  for (const { target } of [first, second]) {
    expect(load.accepted().some((call) => call.target === target)).toBe(true)
  }
  // Presented again at the replica that is left, whichever took it first, also if its answer was lost.
  const step = Math.ceil(load.accepted().length / AGAIN_MAX)
  const shown = [
    ...calls.filter(({ status }) => status === 0),
    ...load.accepted().filter((_, index) => index % step === 0),
  ]
  const again = await Promise.all(
    shown.map((call: Call) => present(machine, { ...call, target: second.target })),
  )
  const accepted = new Set(load.accepted().map(({ id }) => id))
  for (const { id, status, number } of again) {
    if (accepted.has(id)) expect([status, number]).toEqual([401, 50013])
    else expect([200, 401]).toContain(status)
  }
  expect(await expectCounted(databaseUrl, load)).toBe(calls.length)
})
