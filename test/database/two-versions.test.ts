/** Replicas of two versions on one database: the newer one has added to it, or changed it so that the older cannot go on. */

import { describe, expect, test } from 'vitest'
import { migrate, STEPS, type Step } from '../../packages/control-plane/src/storage/migrations.ts'
import type { Storage } from '../../packages/control-plane/src/storage/storage.ts'
import {
  askForToken,
  registerTrialMachine,
  startTrial,
} from '../../packages/control-plane/src/testing/trial.ts'
import { DATABASES } from '../../packages/control-plane/src/testing/trial-database.ts'
import { openTrialStorage } from '../../packages/control-plane/src/testing/trial-registry.ts'

/** What a later version may do. */
const ADDING: Step = {
  statements: [
    'create table later (id text primary key, machine text references principal (id))',
    "alter table machine add column colour text not null default 'grey'",
    'alter table audit add column shape text',
  ],
}

/** What it may do only if no older replica runs. */
const BREAKING: Step = { statements: ['alter table machine drop column vm_id'], breaks: true }

const now = () => new Date()

/** A control plane of this version, and the database as a later version opens it. */
async function startOld() {
  const trial = await startTrial({ database: 'postgres' })
  const storage = await openTrialStorage({ url: trial.databaseUrl })
  const upgrade = (...steps: Step[]) => migrate(storage, now(), [...STEPS, ...steps])
  return { trial, upgrade }
}

test('a replica goes on beside a newer one that only adds, and starts again beside it', async () => {
  const { trial, upgrade } = await startOld()
  const machine = await registerTrialMachine(trial)
  await upgrade(ADDING)
  expect((await askForToken(machine, trial)).status).toBe(200)
  await registerTrialMachine(trial, { name: 'm2' })
  await trial.controlPlane.stop()
  await trial.controlPlane.start()
  expect((await askForToken(machine, trial)).status).toBe(200)
})

test('a change that would break a replica waits until it is stopped, and then that one starts no more', async () => {
  const { trial, upgrade } = await startOld()
  await expect(upgrade(ADDING, BREAKING)).rejects.toMatchObject({ code: 'replicas_older' })
  const machine = await registerTrialMachine(trial)
  expect((await askForToken(machine, trial)).status).toBe(200)
  await trial.controlPlane.stop()
  await upgrade(ADDING, BREAKING)
  await expect(trial.controlPlane.start()).rejects.toMatchObject({ code: 'storage_newer' })
})

describe.each(DATABASES)('on %s', (database) => {
  test('a version goes on beside as many adding steps as there are, but not beyond one that breaks', async () => {
    const storage = await openTrialStorage({ database })
    const tables: Step[] = ['a', 'b', 'c'].map((name) => ({ statements: [`create table ${name} (id text)`] }))
    await migrate(storage, now(), [...STEPS, ...tables])
    await migrate(storage, now())
    await migrate(storage, now(), [...STEPS, ...tables.slice(0, 2)])
    await migrate(storage, now(), [...STEPS, ...tables, { statements: ['drop table a'], breaks: true }])
    for (const known of [0, 1, 3]) {
      const older = migrate(storage, now(), [...STEPS, ...tables.slice(0, known)])
      await expect(older).rejects.toMatchObject({ code: 'storage_newer' })
    }
    expect(await tableNames(storage)).toContain('b')
  })
})

async function tableNames({ db }: Storage): Promise<string[]> {
  return (await db.introspection.getTables()).map(({ name }) => name)
}

/** What an older version does not notice. A new index that must be unique could refuse what it writes. */
const UNNOTICED =
  /^(create table \w+ \(|create index |alter table \w+ add column \w+ \w+( not null default .+| references .+)?$)/

test('every step that is not said to break others only adds', () => {
  const firstGuarded = STEPS.findIndex(({ breaks }) => breaks) + 1
  expect(firstGuarded).toBeGreaterThan(0)
  for (const { statements, breaks } of STEPS.slice(firstGuarded)) {
    if (!breaks) for (const statement of statements) expect(statement).toMatch(UNNOTICED)
  }
  for (const statement of ADDING.statements) expect(statement).toMatch(UNNOTICED)
  for (const statement of BREAKING.statements) expect(statement).not.toMatch(UNNOTICED)
})
