/** One CA of a control plane takes the place of another, before the eyes of a real agent and two replicas. */

import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AuthorityStep, changeCertificateAuthority } from '@landfast/control-plane'
import { expect, test } from 'vitest'
import { freePort } from '../../packages/control-plane/src/testing/postgres.ts'
import {
  createClock,
  send,
  startTrial,
  TRIAL_ENCRYPTION_KEY,
  temporaryFolder,
} from '../../packages/control-plane/src/testing/trial.ts'
import { trialDatabaseUrl } from '../../packages/control-plane/src/testing/trial-database.ts'
import { openTrialStorage } from '../../packages/control-plane/src/testing/trial-registry.ts'
import { untilBlocked } from '../../packages/control-plane/src/testing/waiting.ts'
import { childCommand, startChild } from '../agent/child.ts'
import type { TestSite } from '../connect/connected-site.ts'
import { connectMachine, openMachine } from '../connect/machine.ts'
import { startBalancer } from './balancer.ts'

/** Two replicas behind a load balancer, and an operator beside them. */
async function startReplicas() {
  const databaseUrl = (await trialDatabaseUrl('postgres')) ?? ''
  const clock = createClock()
  const ports = [await freePort(), await freePort()] as const
  const balancer = await startBalancer(ports)
  const common = {
    ...{ databaseUrl, now: clock.now, encryptionKey: TRIAL_ENCRYPTION_KEY },
    url: `https://127.0.0.1:${balancer.port}`,
  }
  const replicas = [
    await startTrial({ ...common, port: ports[0] }),
    await startTrial({ ...common, port: ports[1] }),
  ]
  await Promise.all(ports.map((port) => balancer.until(port, true)))
  const operatorFolder = await temporaryFolder()
  const step = (name: AuthorityStep, force = false) =>
    changeCertificateAuthority(
      { ...common, stateFolder: operatorFolder },
      { isRunning: false, step: name, force },
    )
  /** Has the replicas read now what they read every quarter of a minute. */
  const settle = async () => {
    for (const { controlPlane } of replicas) await controlPlane.reloadCertificate()
  }
  const [first] = replicas
  const site = {
    folder: await temporaryFolder(),
    clock,
    joinToken: () => first?.controlPlane.makeJoinToken('landfast') ?? '',
  } as unknown as TestSite
  /** Ends every connection, so that a machine has to look at the certificates anew. */
  const restart = async () => {
    for (const [index, { controlPlane }] of replicas.entries()) {
      await controlPlane.stop()
      await controlPlane.start()
      await balancer.until(ports[index] ?? 0, true)
    }
  }
  return { common, clock, replicas, step, settle, restart, site }
}

/** How many CAs the machine in `folder` trusts. */
function trustedBy(folder: string): number {
  const { ca } = JSON.parse(readFileSync(join(folder, 'registration.json'), 'utf8'))
  return ca.match(/BEGIN CERTIFICATE/g).length
}

test('a machine goes on through a change of the CA, at whichever replica, and trusts the former one no more', async () => {
  const { common, clock, replicas, step, settle, restart, site } = await startReplicas()
  const { url } = common
  const folder = await connectMachine(site, 'web-1')
  const machine = await openMachine(site, folder)
  await machine.round()
  const [replica] = replicas
  const caFile = replica?.controlPlane.caFile ?? ''
  const [oldCa, newCa] = ['old', 'new'].map((name) => join(site.folder, name)) as [string, string]
  const keep = (file: string, pem: string) => writeFile(file, pem)
  await keep(oldCa, readFileSync(caFile, 'utf8'))
  /** The statuses of the document of keys at both replicas, for a client that trusts the CA in a file alone. */
  const seenBy = async (file: string) => {
    const asked = [1, 2, 3, 4].map(() => send({ caFile: file }, `${url}/readyz`).then(({ status }) => status))
    return [...new Set(await Promise.all(asked.map((status) => status.catch(() => 0))))]
  }

  const { certificate } = await step('prepare')
  await keep(newCa, certificate)
  await expect(step('prepare')).rejects.toMatchObject({ code: 'ca_change_underway' })
  await expect(step('retire')).rejects.toMatchObject({ code: 'ca_change_missing' })
  await expect(step('serve')).rejects.toMatchObject({ code: 'ca_change_early' })
  clock.advance(61)
  await expect(step('serve')).rejects.toMatchObject({ code: 'ca_unknown_to_machines', detail: '1 machines' })
  await settle()
  expect(await seenBy(oldCa)).toEqual([200])
  await machine.round()
  expect(trustedBy(folder)).toBe(2)
  expect(readFileSync(caFile, 'utf8').match(/BEGIN/g)).toHaveLength(2)

  await step('serve')
  await settle()
  expect(await seenBy(newCa)).toEqual([200])
  expect(await seenBy(oldCa)).toEqual([0])
  await restart()
  for (let count = 0; count < 4; count++) {
    await machine.round()
    await machine.token()
  }
  await expect(step('retire')).rejects.toMatchObject({ code: 'ca_change_early' })
  clock.advance(61)
  await step('retire')
  await settle()
  await machine.round()
  expect(trustedBy(folder)).toBe(1)
  await machine.membership.stop()
  const again = await openMachine(site, folder)
  await again.round()
  expect((await again.token()).length).toBeGreaterThan(100)
  const late = await openMachine(site, await connectMachine(site, 'web-2'))
  expect((await late.token()).length).toBeGreaterThan(100)
  await expect(step('serve')).rejects.toMatchObject({ code: 'ca_change_missing' })
})

test('a step that was killed has changed nothing, and is made by doing it again', async () => {
  const { common, clock, step } = await startReplicas()
  await step('prepare')
  clock.advance(61)
  const storage = await openTrialStorage({ url: common.databaseUrl })
  const { now: _, ...place } = common
  const options = { ...place, stateFolder: await temporaryFolder() }
  const before = await storage.db.selectFrom('certificate_authority').select(['id', 'serves_from']).execute()
  const program = startChild(
    childCommand(new URL('./ca-change-program.ts', import.meta.url), JSON.stringify(options), 'serve'),
  )
  await storage.append(async (trx) => {
    await trx.selectFrom('certificate_authority').select('id').forUpdate().execute()
    await untilBlocked(storage.db)
    await program.end('SIGKILL')
  })
  expect(
    await storage.db.selectFrom('certificate_authority').select(['id', 'serves_from']).execute(),
  ).toEqual(before)
  await step('serve')
})
