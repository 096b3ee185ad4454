/** The journals of several control planes on one PostgreSQL database. */

import { type Kysely, sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { trialDatabaseUrl } from '../testing/trial-database.ts'
import { openTrialJournal } from '../testing/trial-journal.ts'
import { createTrialMachines } from '../testing/trial-machines.ts'
import { openTrialStorage } from '../testing/trial-registry.ts'
import { untilBlocked } from '../testing/waiting.ts'
import { spendAssertions } from './spent-assertions.ts'
import { createJournal } from './token-journal.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

/** Two replicas: the first with what makes entries, the second with a storage of its own. */
async function openReplicas() {
  const url = await trialDatabaseUrl('postgres')
  const trial = await openTrialJournal(NOW, { url })
  const other = await openTrialStorage({ url })
  const { subscription_id: subscriptionId } = await trial.db
    .selectFrom('machine')
    .select('subscription_id')
    .executeTakeFirstOrThrow()
  const { certificates, tenantId } = trial
  const parts = { certificates, tenantId, subscriptionId, now: () => NOW }
  return { ...trial, other, otherRegistry: createTrialMachines({ storage: other, ...parts }) }
}

/** A transaction that has done `work` and waits to be told how it ends. */
function hold(storage: Storage, work: (trx: Kysely<Schema>) => Promise<unknown>) {
  const worked = Promise.withResolvers<void>()
  const ending = Promise.withResolvers<void>()
  const ended = storage.append(async (trx) => {
    await work(trx)
    worked.resolve()
    await ending.promise
  })
  return {
    worked: worked.promise,
    commit: () => {
      ending.resolve()
      return ended
    },
    fail: async () => {
      ending.reject(new Error('not so'))
      await ended.catch(() => {})
    },
  }
}

test('of one assertion presented at two replicas at once, one is accepted, a thousand times over', async () => {
  const { storage, other, spending, db } = await openReplicas()
  const journals = [createJournal(storage), createJournal(other)]
  const jtis = Array.from({ length: 1_000 }, (_, index) => `jti${index}`)
  const accepted = await Promise.all(
    // Each replica takes them in another order, so that their batches overlap in every way.
    jtis.map(async (jti, index) => {
      const order = index % 2 === 0 ? journals : journals.toReversed()
      const outcomes = await Promise.all(order.map(({ write }, at) => write(spending(`${jti}-${at}`, jti))))
      return outcomes.toSorted()
    }),
  )
  expect(accepted.filter((pair) => pair.join() !== 'assertion_spent,written')).toEqual([])
  const done = await db
    .selectFrom('audit')
    .select(['outcome', (select) => select.fn.countAll<number>().as('count')])
    .where('action', '=', 'issue-token')
    .groupBy('outcome')
    .orderBy('outcome')
    .execute()
  expect(done).toEqual([
    { outcome: 'done', count: 1_000 },
    { outcome: 'refused', count: 1_000 },
  ])
})

test.each([
  ['is kept', 'commit', 'assertion_spent'],
  ['is not kept', 'fail', 'written'],
] as const)(
  'an assertion that a rival is just spending waits for that, and if it %s …',
  async (_, end, outcome) => {
    const { storage, other, spending, machine } = await openReplicas()
    const { clientId } = machine.identity
    const rival = hold(other, (trx) =>
      spendAssertions(trx as never, [{ clientId, jti: 'x', expiresAt: NOW }]),
    )
    await rival.worked
    const written = createJournal(storage).write(spending('a', 'x'))
    await untilBlocked(other.db)
    await rival[end]()
    expect(await written).toBe(outcome)
  },
)

test('a token waits for a deletion that is being committed at the other replica, and is refused', async () => {
  const { storage, other, spending, machine } = await openReplicas()
  const deletion = hold(other, (trx) =>
    trx
      .updateTable('principal')
      .set({ state: 'deleted' })
      .where('id', '=', machine.identity.principalId)
      .execute(),
  )
  await deletion.worked
  const written = createJournal(storage).write(spending('a', 'x'))
  await untilBlocked(other.db)
  await deletion.commit()
  expect(await written).toBe('client_unknown')
})

test('a token waits for the end of its key at the other replica, and is refused', async () => {
  const { storage, other, spending } = await openReplicas()
  const retirement = hold(other, (trx) => trx.updateTable('machine_key').set({ state: 'retired' }).execute())
  await retirement.worked
  const written = createJournal(storage).write(spending('a', 'x'))
  await untilBlocked(other.db)
  await retirement.commit()
  expect(await written).toBe('signature_invalid')
})

test('a deletion waits for tokens that are being committed, so none is given after it was confirmed', async () => {
  const { storage, other, spending, machine, db, otherRegistry } = await openReplicas()
  // Holds up the journal when it has already looked at the machine, and the deletion not at all.
  const block = hold(other, (trx) => sql`lock table assertion in exclusive mode`.execute(trx))
  await block.worked
  const written = createJournal(storage).write(spending('a', 'x'))
  await untilBlocked(db)
  const deleted = otherRegistry.deleteMachine(machine.identity.resourceId)
  await untilBlocked(db, 2)
  await block.commit()
  expect(await written).toBe('written')
  await deleted
  expect(await createJournal(storage).write(spending('b', 'y'))).toBe('client_unknown')
})

test('while both replicas give tokens without a pause, none is given once a deletion was confirmed', async () => {
  const { storage, other, spending, machine, otherRegistry } = await openReplicas()
  const writes = [createJournal(storage).write, createJournal(other).write]
  let [isConfirmed, given, givenLate] = [false, 0, 0]
  const enough = Promise.withResolvers<void>()
  const call = async (write: (typeof writes)[number], id: string) => {
    const isLate = isConfirmed
    const outcome = await write(spending(id, id))
    if (outcome === 'written' && isLate) givenLate++
    if (outcome === 'written' && ++given === 200) enough.resolve()
    return isLate
  }
  const callers = Array.from({ length: 20 }, async (_, caller) => {
    for (let count = 0, isLast = false; !isLast; count++) {
      for (const write of writes) isLast = await call(write, `${caller}-${count}-${writes.indexOf(write)}`)
    }
  })
  await enough.promise
  await otherRegistry.deleteMachine(machine.identity.resourceId)
  isConfirmed = true
  await Promise.all(callers)
  expect(givenLate).toBe(0)
})
