import { randomUUID } from 'node:crypto'
import type { Identity } from '@landfast/protocol'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import { writeAcceptance } from '../registry/machine-acceptance.ts'
import { insertPendingKey } from '../registry/machine-keys.ts'
import { certifyKey, readMachineKey } from '../registry/machine-public-key.ts'
import type { Storage } from '../storage/storage.ts'
import { makeKeys, registerTrialMachine } from '../testing/trial.ts'
import { DATABASES, type TrialDatabase } from '../testing/trial-database.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { ROLE } from '../testing/trial-resource-manager.ts'
import { takeBeats } from './heartbeat.ts'
import { type Beat, type BeatOutcome, commitBeats } from './heartbeat-commit.ts'
import { createKeyFinder, type KnownKey } from './known-keys.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

interface BeatChanges {
  machine?: number
  key?: KnownKey | undefined
  jti?: string
}

/** Machines with two good nonces each, "old" and "new", and heartbeats of them. */
async function openMachines(names: readonly string[] = ['m1'], database: TrialDatabase = 'sqlite') {
  const trial = await openTrialRegistry(() => NOW, { database })
  const { storage, registry, certificates } = trial
  const machines: Identity[] = []
  const keys: KnownKey[] = []
  for (const name of names) {
    const { certificate, identity } = await registerTrialMachine({ registry }, { name })
    machines.push(identity)
    keys.push(await keyOf(storage, certificate))
  }
  await storage.db.updateTable('presence').set({ nonce: 'new', previous_nonce: 'old' }).execute()
  const beat = (
    nonce: string,
    { machine = 0, jti = nonce, key = keys[machine] }: BeatChanges = {},
  ): Beat => ({
    key: key as KnownKey,
    spends: { clientId: (key as KnownKey).identity.clientId, jti, expiresAt: NOW },
    nonce,
    hostName: nonce,
    properties: undefined,
    health: undefined,
    time: NOW,
    freshNonce: `after ${nonce}`,
  })
  const commit = (...beats: Beat[]) => takeBeats(storage, beats)
  /** A renewed key, that waits for its first use. */
  const renew = async (): Promise<KnownKey> => {
    const [{ clientId, principalId }] = machines as [Identity]
    const certified = await certifyKey(certificates, readMachineKey((await makeKeys()).publicKey), clientId)
    await storage.change((trx) => insertPendingKey(trx, { principalId, key: certified, time: NOW }))
    return keyOf(storage, certified.certificate)
  }
  const principalIdOf = (machine: number) => machines[machine]?.principalId ?? ''
  const presenceOf = (machine = 0) =>
    storage.db
      .selectFrom('presence')
      .selectAll()
      .where('principal_id', '=', principalIdOf(machine))
      .executeTakeFirst()
  const keyStates = async (machine = 0) => {
    const rows = await storage.db
      .selectFrom('machine_key')
      .select('state')
      .where('principal_id', '=', principalIdOf(machine))
      .orderBy('state')
      .execute()
    return rows.map(({ state }) => state)
  }
  /** The last machine, which owns everything, gives its word for another. */
  const accept = async (machine: number) => {
    const createdBy = principalIdOf(machines.length - 1)
    const until = new Date(NOW.getTime() + 1)
    await insertOwner(storage, createdBy)
    await storage.change((trx) =>
      writeAcceptance(trx, { principalId: principalIdOf(machine), until, createdBy, time: NOW }),
    )
  }
  return { ...trial, machines, beat, commit, renew, presenceOf, keyStates, accept }
}

async function insertOwner({ db }: Storage, principalId: string): Promise<void> {
  const row = {
    name: randomUUID(),
    scope: '/',
    scope_key: '/',
    role_id: ROLE.owner,
    principal_id: principalId,
  }
  await db
    .insertInto('role_assignment')
    .values({ ...row, description: null, created_by: principalId, created_at: NOW.getTime() })
    .execute()
}

async function keyOf(storage: Storage, certificate: string): Promise<KnownKey> {
  const key = await createKeyFinder(storage)(thumbprintsOf(certificate).sha256)
  return key ?? expect.unreachable('the key was not found')
}

const TAKEN = { identities: [], tags: {} }
const refused = (code: string, storedHost: string | null) => ({ refused: code, storedHost })

/** Resolves when another transaction of the database waits for a lock. */
async function untilAnotherWaits({ db }: Storage): Promise<void> {
  const waiting = sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  while ((await waiting.execute(db)).rows.length === 0);
}

test('of two commits with heartbeats of one machine, the second sees what the first has done', async () => {
  const { storage, beat } = await openMachines(['m1'], 'postgres')
  let second: Promise<readonly BeatOutcome[]> | undefined
  const [first] = await storage.append(async (trx) => {
    const outcomes = await commitBeats(trx, [beat('new')], storage)
    second ??= storage.append((other) => commitBeats(other, [beat('old')], storage))
    await untilAnotherWaits(storage)
    return outcomes
  })
  expect(first).toEqual(TAKEN)
  expect(await second).toEqual([{ refused: 'MachineCloned', storedHost: 'new' }])
})

describe.each(DATABASES)('on %s', (database) => {
  test('in one commit each heartbeat of a machine must bring what the one before left', async () => {
    const { beat, commit, presenceOf } = await openMachines(['m1'], database)
    const later = new Date(NOW.getTime() + 5)
    expect(await commit(beat('old'), { ...beat('after old'), time: later }, beat('new'))).toEqual([
      TAKEN,
      TAKEN,
      refused('MachineCloned', 'after old'),
    ])
    expect(await presenceOf()).toMatchObject({
      ...{ nonce: 'after after old', previous_nonce: 'after old', host_name: 'after old' },
      last_heartbeat_at: later.getTime(),
    })
  })

  test('a refused heartbeat changes nothing of its machine, and nothing of another in its commit', async () => {
    const { beat, commit, presenceOf } = await openMachines(['m1', 'm2'], database)
    const before = await presenceOf()
    expect(await commit(beat('stale'), beat('new', { machine: 1 }))).toEqual([
      refused('MachineCloned', before?.host_name ?? null),
      TAKEN,
    ])
    expect(await presenceOf()).toEqual(before)
    expect(await presenceOf(1)).toMatchObject({ nonce: 'after new', previous_nonce: 'new' })
  })

  test('a proof that was spent, before or in the same commit, is taken no more, and leaves the nonces', async () => {
    const { beat, commit, presenceOf } = await openMachines(['m1'], database)
    const spent = refused('AssertionSpent', 'old')
    expect(await commit(beat('old', { jti: 'a' }), beat('after old', { jti: 'a' }))).toEqual([TAKEN, spent])
    expect(await commit(beat('after old', { jti: 'a' }))).toEqual([spent])
    expect(await presenceOf()).toMatchObject({ nonce: 'after old', previous_nonce: 'old' })
  })

  test('a machine that was disabled or deleted, or whose key is gone, is told so, whatever nonce it brings', async () => {
    const { storage, registry, machines, beat, commit, presenceOf } = await openMachines(
      ['m1', 'm2', 'm3'],
      database,
    )
    const [disabled, deleted, keyless] = machines
    await registry.disableMachine(disabled?.resourceId ?? '')
    await registry.deleteMachine(deleted?.resourceId ?? '')
    await storage.db
      .deleteFrom('machine_key')
      .where('principal_id', '=', keyless?.principalId ?? '')
      .execute()
    for (const nonce of ['new', 'stale']) {
      const outcomes = await commit(...[0, 1, 2].map((machine) => beat(nonce, { machine })))
      expect(outcomes.map((outcome) => 'refused' in outcome && outcome.refused)).toEqual([
        'MachineDisabled',
        'MachineDeleted',
        'AssertionRefused',
      ])
    }
    expect(await presenceOf()).toMatchObject({ nonce: 'new' })
  })

  test('the first use of a renewed key ends the old one, for what comes behind it in the same commit too', async () => {
    const { beat, commit, renew, keyStates } = await openMachines(['m1', 'm2'], database)
    const young = await renew()
    expect(await keyStates()).toEqual(['current', 'pending'])
    expect(
      await commit(
        ...[beat('old'), beat('after old', { key: young }), beat('after after old')],
        beat('new', { machine: 1 }),
      ),
    ).toEqual([TAKEN, TAKEN, refused('MachineCloned', 'after old'), TAKEN])
    expect(await keyStates()).toEqual(['current', 'retired'])
    expect(await keyStates(1)).toEqual(['current'])
  })

  test('a renewed key that comes with a stale nonce is a copy\u2019s, and ends nothing', async () => {
    const { beat, commit, renew, keyStates } = await openMachines(['m1'], database)
    const young = await renew()
    expect(await commit(beat('stale', { key: young }), beat('new'))).toMatchObject([
      { refused: 'MachineCloned' },
      TAKEN,
    ])
    expect(await keyStates()).toEqual(['current', 'pending'])
  })

  test('a machine is Connected since its first heartbeat after it was not', async () => {
    const { storage, beat, commit, presenceOf } = await openMachines(['m1'], database)
    await storage.db.updateTable('presence').set({ status: 'Disconnected', status_changed_at: 1 }).execute()
    await commit(beat('new'))
    const connected = { status: 'Connected', status_changed_at: NOW.getTime() }
    expect(await presenceOf()).toMatchObject(connected)
    await commit({ ...beat('after new'), time: new Date(NOW.getTime() + 1000) })
    expect(await presenceOf()).toMatchObject(connected)
  })

  test('a copy that an administrator accepts is told to come back, and no other copy is, nor who is no copy', async () => {
    const { beat, commit, accept, presenceOf } = await openMachines(['m1', 'm2', 'administrator'], database)
    await accept(0)
    const before = await presenceOf()
    expect(
      await commit(beat('stale'), beat('stale', { machine: 1 }), beat('new', { jti: 'x' })),
    ).toMatchObject([
      refused('RestoredAccepted', before?.host_name ?? null),
      { refused: 'MachineCloned' },
      TAKEN,
    ])
    // The word is not used up by it, and counts for keys by which a machine may return alone.
    expect(await commit(beat('staler'))).toMatchObject([{ refused: 'RestoredAccepted' }])
    const forEver = { ...beat('stalest').key, mayReturn: false }
    expect(await commit(beat('stalest', { key: forEver }))).toMatchObject([{ refused: 'MachineCloned' }])
  })

  test('a machine that an administrator accepts is told of a spent proof as any other is', async () => {
    const { beat, commit, accept } = await openMachines(['m1', 'administrator'], database)
    await accept(0)
    expect(await commit(beat('new', { jti: 'a' }), beat('after new', { jti: 'a' }))).toMatchObject([
      TAKEN,
      { refused: 'AssertionSpent' },
    ])
  })

  test('a disabled copy with a retired key that an administrator accepts is told that it is disabled', async () => {
    const trial = await openMachines(['m1', 'administrator'], database)
    const young = await trial.renew()
    await trial.commit(trial.beat('new', { key: young }))
    await trial.accept(0)
    await trial.registry.disableMachine(trial.machines[0]?.resourceId ?? '')
    expect(await trial.commit(trial.beat('after new'))).toMatchObject([{ refused: 'MachineDisabled' }])
  })

  test('that a machine is connected again is announced once it is committed, and no other heartbeat is', async () => {
    const { storage, beat } = await openMachines(['m1'], database)
    const heard: string[] = []
    const watched = { ...storage, announce: () => void heard.push('a status') }
    await takeBeats(watched, [beat('new')])
    expect(heard).toEqual(['a status'])
    await takeBeats(watched, [beat('after new')])
    await takeBeats(watched, [beat('unknown')])
    expect(heard).toEqual(['a status'])
    await storage.db.updateTable('presence').set({ status: 'Disconnected' }).execute()
    const told = { ...beat('after after new'), properties: {} }
    await takeBeats(watched, [told])
    expect(heard).toEqual(['a status', 'a status'])
  })

  test('what a machine tells of its health is announced if it is other than before, once a minute at most', async () => {
    const { storage, beat } = await openMachines(['m1'], database)
    let heard = 0
    const announce = () => {
      heard += 1
    }
    const watched = { ...storage, announce }
    const tell = async (nonce: string, health: Beat['health'], seconds = 0) => {
      const told = beat(nonce)
      const time = new Date(told.time.getTime() + seconds * 1000)
      await takeBeats(watched, [{ ...told, health, time }])
      return heard
    }
    const failing = { parts: '[1]', failing: 1 }
    await takeBeats(storage, [beat('new')])
    expect(await tell('after new', failing)).toBe(1)
    expect(await tell('after after new', failing)).toBe(1)
    expect(await tell('after after after new', null, 60)).toBe(2)
    expect(await tell('after after after after new', failing, 119)).toBe(2)
    expect(await tell('after after after after after new', null, 178)).toBe(2)
    expect(await tell('after after after after after after new', failing, 238)).toBe(3)
  })

  test('where nothing comes nothing is written', async () => {
    const { commit } = await openMachines(['m1'], database)
    expect(await commit()).toEqual([])
  })
})

test('heartbeats that need no second look are taken in one statement of PostgreSQL', async () => {
  const { storage, beat, presenceOf } = await openMachines(['m1', 'm2'], 'postgres')
  const noTransaction = { ...storage, append: () => expect.unreachable('a transaction was begun') }
  const beats = [beat('old'), beat('new', { machine: 1 })]
  expect(await takeBeats(noTransaction, beats)).toEqual([TAKEN, TAKEN])
  expect(await presenceOf()).toMatchObject({ nonce: 'after old', previous_nonce: 'old', host_name: 'old' })
})

test('a heartbeat that waits for another change of its machine is judged by what that leaves', async () => {
  const { storage, beat } = await openMachines(['m1'], 'postgres')
  let waiting: Promise<readonly BeatOutcome[]> | undefined
  await storage.append(async (trx) => {
    await trx.updateTable('presence').set({ nonce: 'another', previous_nonce: null }).execute()
    waiting ??= takeBeats(storage, [beat('new')])
    await untilAnotherWaits(storage)
  })
  expect(await waiting).toMatchObject([{ refused: 'MachineCloned' }])
})
