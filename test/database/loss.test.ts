/** PostgreSQL that goes away and comes back while the control plane is at work, on a real server. */

import { expect, onTestFinished, test } from 'vitest'
import { createHogs } from '../../packages/control-plane/src/testing/hogs.ts'
import {
  type PostgresOptions,
  type PostgresServer,
  query,
  startPostgres,
} from '../../packages/control-plane/src/testing/postgres.ts'
import { registerTrialMachine, startTrial } from '../../packages/control-plane/src/testing/trial.ts'
import { skipWithoutPostgres } from '../../packages/control-plane/src/testing/trial-database.ts'
import { until } from '../../packages/control-plane/src/testing/waiting.ts'
import { expectCounted, type Load, present, startLoad } from './token-load.ts'

async function startServer(options: PostgresOptions): Promise<PostgresServer> {
  skipWithoutPostgres()
  const server = await startPostgres(options)
  onTestFinished(() => server.remove())
  return server
}

/** A control plane on `server` with a machine that asks for tokens without a pause. */
async function startLoaded(server: PostgresServer) {
  const { controlPlane, registry } = await startTrial({
    databaseUrl: server.url(),
    callerRequestsPerSecond: 0,
  })
  const machine = await registerTrialMachine({ registry })
  const target = { address: controlPlane.url, url: controlPlane.url, caFile: controlPlane.caFile }
  return { controlPlane, registry, machine, target, load: startLoad(machine, [target]) }
}

/** Registers one machine after the other; what fails must be the database. */
function startRegistrations(registry: Parameters<typeof registerTrialMachine>[0]) {
  const registered: string[] = []
  let isStopped = false
  const registering = (async () => {
    for (let count = 0; !isStopped; count++) {
      const name = `r${count}`
      try {
        await registerTrialMachine(registry, { name })
        registered.push(name)
      } catch (error) {
        expect(error).toMatchObject({ name: 'StorageError', isTemporary: true })
      }
    }
  })()
  const stop = async () => {
    isStopped = true
    await registering
    return registered
  }
  onTestFinished(async () => void (await stop()))
  return { stop }
}

const CONNECTIONS = 6

/** A server with few connections. */
async function startCrowded() {
  const settings = { max_connections: String(CONNECTIONS), superuser_reserved_connections: '0' }
  const server = await startServer({ settings })
  return { server, hogs: createHogs(server.url()) }
}

async function expectOutage(load: Load): Promise<void> {
  const isOutage = ({ status, number, retryAfter }: Load['calls'][number]) =>
    status === 503 && number === 90033 && retryAfter === '5'
  await until(() => load.calls.some(isOutage))
}

test('killed and restarted three times under load, the database has all that was acknowledged, and all goes on by itself', async () => {
  const server = await startServer({ durable: true })
  const { registry, machine, load } = await startLoaded(server)
  const registrations = startRegistrations({ registry })
  await load.untilAccepted(20)
  for (const _ of [1, 2, 3]) {
    await server.kill()
    await expectOutage(load)
    await server.start()
    await load.untilAccepted(20)
  }
  await load.stop()
  const registered = await registrations.stop()

  expect([...new Set(load.calls.map(({ status }) => status))].sort()).toEqual([200, 503])
  await expectCounted(server.url(), load)
  const machines = await query<{ name: string }>(server.url(), 'select name from machine')
  const names = new Set(machines.map(({ name }) => name))
  expect(registered.length).toBeGreaterThan(0)
  expect(registered.filter((name) => !names.has(name))).toEqual([])
  for (const call of load.accepted().slice(-10)) {
    expect(await present(machine, call)).toMatchObject({ status: 401, number: 50013 })
  }
})

test('while others hold all connections but one, every request is answered by that one', async () => {
  const { hogs, server } = await startCrowded()
  await hogs.take(CONNECTIONS - 1)
  const { machine, target, load } = await startLoaded(server)
  await load.untilAccepted(100)
  await load.stop()
  expect(load.calls.map(({ status }) => status).filter((status) => status !== 200)).toEqual([])
  expect(await present(machine, load.accepted()[0] as Load['calls'][number])).toMatchObject({
    target,
    number: 50013,
  })
})

test('while others hold every connection, requests are answered 503, and all goes on when one comes free', async () => {
  const { hogs, server } = await startCrowded()
  await hogs.take(1)
  const { load } = await startLoaded(server)
  await load.untilAccepted(20)
  await hogs.takeAll(CONNECTIONS)
  await expectOutage(load)
  await hogs.release()
  await load.untilAccepted(20)
})
