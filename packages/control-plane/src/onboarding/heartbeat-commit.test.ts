import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import type { Storage } from '../storage/storage.ts'
import { registerTrialMachine } from '../testing/trial.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { type Beat, type BeatOutcome, commitBeats } from './heartbeat-commit.ts'
import { createKeyFinder } from './known-keys.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

/** A machine with two good nonces, "old" and "new", and heartbeats of it. */
async function openMachine(): Promise<{ storage: Storage; beat(nonce: string): Beat }> {
  const { storage, registry } = await openTrialRegistry(() => NOW, { database: 'postgres' })
  const { certificate, identity } = await registerTrialMachine({ registry })
  const key = await createKeyFinder(storage)(thumbprintsOf(certificate).sha256)
  if (!key) throw new Error('the key was not found')
  await storage.db.updateTable('presence').set({ nonce: 'new', previous_nonce: 'old' }).execute()
  const { clientId } = identity
  const beat = (nonce: string): Beat => ({
    key,
    spends: { clientId, jti: nonce, expiresAt: NOW },
    nonce,
    hostName: nonce,
    properties: undefined,
    time: NOW,
    freshNonce: `after ${nonce}`,
  })
  return { storage, beat }
}

/** Resolves when another transaction of the database waits for a lock. */
async function untilAnotherWaits({ db }: Storage): Promise<void> {
  const waiting = sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  while ((await waiting.execute(db)).rows.length === 0);
}

test('of two commits with heartbeats of one machine, the second sees what the first has done', async () => {
  const { storage, beat } = await openMachine()
  let second: Promise<readonly BeatOutcome[]> | undefined
  const [first] = await storage.append(async (trx) => {
    const outcomes = await commitBeats(trx, [beat('new')], storage)
    second ??= storage.append((other) => commitBeats(other, [beat('old')], storage))
    await untilAnotherWaits(storage)
    return outcomes
  })
  expect(first).toEqual({ identities: [], tags: {} })
  expect(await second).toEqual([{ refused: 'MachineCloned', storedHost: 'new' }])
})
