/** Two replicas on one PostgreSQL database behind a load balancer, of which each in its turn is stopped and started again. */

import { readFile } from 'node:fs/promises'
import { createHttpsClient, type HttpsClient } from '@landfast/agent/upstream'
import { clientCredentialsForm } from '@landfast/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../packages/control-plane/src/testing/postgres.ts'
import {
  makeAssertion,
  RESOURCE,
  registerTrialMachine,
  startTrial,
  type TrialMachine,
  tokenUrl,
} from '../../packages/control-plane/src/testing/trial.ts'
import { skipWithoutPostgres } from '../../packages/control-plane/src/testing/trial-database.ts'
import { until } from '../../packages/control-plane/src/testing/waiting.ts'
import { startBalancer } from './balancer.ts'

type Trial = Awaited<ReturnType<typeof startTrial>>

const CALLERS = 6

/** A hundred times what the balancer takes to see that a replica is not ready. */
const DRAIN_SECONDS = 5

async function startReplicas() {
  const ports = [await freePort(), await freePort()] as const
  const balancer = await startBalancer(ports)
  const common = {
    url: `https://127.0.0.1:${balancer.port}`,
    callerRequestsPerSecond: 0,
    drainSeconds: DRAIN_SECONDS,
  }
  const first = await startTrial({ ...common, port: ports[0], database: 'postgres' })
  const { databaseUrl = '' } = first
  const second = await startTrial({ ...common, port: ports[1], databaseUrl })
  return { balancer, ports, replicas: [first, second] as const }
}

/** One token over kept connections, as an agent asks; asked once more, with another assertion, if no answer came. */
async function ask(https: HttpsClient, machine: TrialMachine, trial: Trial): Promise<number> {
  const url = tokenUrl(trial.controlPlane, machine.identity.tenantId)
  const send = async () => {
    const assertion = await makeAssertion(machine, trial)
    const form = clientCredentialsForm({ clientId: machine.identity.clientId, audience: RESOURCE, assertion })
    const { status, body } = await https.send(url, { form, signal: AbortSignal.timeout(60_000) })
    return typeof body?.access_token === 'string' ? status : -status
  }
  return await send().catch(send)
}

test('whoever asks once more if no answer comes loses nothing in a rolling restart', async () => {
  skipWithoutPostgres()
  const { balancer, ports, replicas } = await startReplicas()
  const [first] = replicas
  const machine = await registerTrialMachine(first)
  // Made while the control plane says its URL.
  const known = { ...first, controlPlane: { ...first.controlPlane, url: first.controlPlane.url } }
  const ca = await readFile(first.controlPlane.caFile, 'utf8')
  const clients = Array.from({ length: CALLERS }, () => createHttpsClient(ca))
  onTestFinished(() => {
    for (const https of clients) https.close()
  })
  await Promise.all(ports.map((port) => balancer.until(port, true)))
  const statuses: number[] = []
  let isOver = false
  const callers = clients.map(async (https) => {
    while (!isOver) statuses.push(await ask(https, machine, known))
  })
  const more = (count: number) => {
    const enough = statuses.length + count
    return until(async () => statuses.length >= enough)
  }
  for (const [index, { controlPlane }] of replicas.entries()) {
    const port = ports[index] as number
    await more(20)
    const out = balancer.until(port, false)
    const stopped = controlPlane.stop()
    await out
    const before = balancer.sentTo(port)
    await stopped
    await more(20)
    expect(balancer.sentTo(port)).toBe(before)
    const back = balancer.until(port, true)
    await controlPlane.start()
    await back
  }
  await more(20)
  isOver = true
  await Promise.all(callers)
  expect(new Set(statuses)).toEqual(new Set([200]))
})
