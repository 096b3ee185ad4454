/** A disk without room for one more row, under each of the databases. */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { startPostgres } from '../../packages/control-plane/src/testing/postgres.ts'
import {
  registerTrialMachine,
  send,
  startTrial,
  type TrialMachine,
  temporaryFolder,
} from '../../packages/control-plane/src/testing/trial.ts'
import { skipWithoutPostgres } from '../../packages/control-plane/src/testing/trial-database.ts'
import { enrolTrialMachine } from '../../packages/control-plane/src/testing/trial-enrolment.ts'
import { until } from '../../packages/control-plane/src/testing/waiting.ts'
import { childCommand, startChild } from '../agent/child.ts'
import { testWith } from '../privilege.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'
import { type Load, present, startLoad, type Target } from './token-load.ts'

/** The load is as fast as this machine. */
const UNLIMITED = { callerRequestsPerSecond: 0 }

/** Nobody, whom root lets PostgreSQL be. */
const NOBODY = 65_534

/** Fills the disk under load and frees it again: what was acknowledged before stays spent, and all goes on. */
async function fillUnderLoad(disk: SmallDisk, machine: TrialMachine, target: Target): Promise<Load> {
  const load = startLoad(machine, [target])
  await load.untilAccepted(20)
  disk.fill()
  await until(() => load.calls.some(({ status, number }) => status === 503 && number === 90033))
  await untilReady(target, 503)
  disk.free()
  return load
}

async function untilReady(target: Target, wanted: number): Promise<void> {
  await until(async () => (await send(target as never, `${target.url}/readyz`)).status === wanted)
}

async function expectAllKept(load: Load, machine: TrialMachine, target: Target): Promise<void> {
  await load.untilAccepted(20)
  await untilReady(target, 200)
  await load.stop()
  expect([...new Set(load.calls.map(({ status }) => status))].sort()).toEqual([200, 503])
  const accepted = load.accepted()
  for (const call of [...accepted.slice(0, 10), ...accepted.slice(-10)]) {
    expect(await present(machine, call)).toMatchObject({ status: 401, number: 50013 })
  }
}

testWith(
  ['linux', 'root', 'namespaces'],
  'on SQLite a full disk is answered 503, nothing acknowledged is lost, and all goes on when there is room',
  async () => {
    const folder = await temporaryFolder()
    const disk = await mountSmallDisk(folder, { megabytes: 3, mode: '700' })
    const options = JSON.stringify({ stateFolder: folder, ...UNLIMITED })
    const program = startChild([
      ...disk.enter,
      ...childCommand(new URL('./replica-program.ts', import.meta.url), options),
    ])
    const { url, joinToken } = (await program.read()) as { url: string; joinToken: string }
    const caFile = join(disk.outside, 'ca.pem')
    const machine = await enrolTrialMachine({ url, caFile }, joinToken)
    const target = { url, address: url, caFile }
    await expectAllKept(await fillUnderLoad(disk, machine, target), machine, target)
  },
)

testWith(
  ['linux', 'root', 'namespaces'],
  'on PostgreSQL a full disk is answered 503, nothing acknowledged is lost, and all goes on when there is room',
  async () => {
    skipWithoutPostgres()
    const folder = await temporaryFolder()
    const data = join(folder, 'data')
    await mkdir(data)
    const disk = await mountSmallDisk(data, { megabytes: 160, mode: '700', uid: NOBODY })
    const settings = { max_wal_size: '64MB', min_wal_size: '32MB' }
    const server = await startPostgres({ folder, enter: disk.enter, durable: true, settings })
    onTestFinished(() => server.remove())
    const { controlPlane, registry } = await startTrial({ databaseUrl: server.url(), ...UNLIMITED })
    const machine = await registerTrialMachine({ registry })
    const { url, caFile } = controlPlane
    const target = { url, address: url, caFile }
    const load = await fillUnderLoad(disk, machine, target)
    // Where its log had no room either, the server ended, as it must.
    if (!server.isRunning) await server.start()
    await expectAllKept(load, machine, target)
  },
)
