import { expect, test } from 'vitest'
import { registerTrialMachine } from '../testing/trial.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import {
  admitJoiner,
  deleteJoinToken,
  endReplacingTokens,
  findJoinToken,
  insertJoinToken,
  type JoinTokenDemand,
  joinTokenPath,
  listJoinTokens,
  listTokenGroups,
  newJoinToken,
  spendJoinToken,
  sweepJoinTokens,
} from './join-tokens.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

async function setUp() {
  const { storage, db, registry, subscriptionId, tenantId } = await openTrialRegistry(() => NOW)
  const [m1, m2] = [
    await registerTrialMachine({ registry }),
    await registerTrialMachine({ registry }, { name: 'm2' }),
  ].map(({ identity }) => identity.principalId) as [string, string]
  const make = async (changes: Partial<JoinTokenDemand> = {}, time = NOW) => {
    const place = { subscriptionId, resourceGroup: 'shop', location: 'local' }
    const others = { tags: { a: 'b' }, uses: 1, lifetimeSeconds: 3600, createdBy: tenantId, replaces: null }
    const token = newJoinToken({ ...place, ...others, ...changes }, time)
    await storage.change((trx) => insertJoinToken(trx, token))
    return token
  }
  /** What a key is told that comes with a secret so many milliseconds from now. */
  const admit = (secret: string, milliseconds = 0, thumbprint = 'a-key') =>
    admitJoiner(db, { secret, thumbprint, time: at(milliseconds) }).then(
      ({ token, principalId }) => ({ left: token.usesLeft, principalId }),
      ({ code }) => code as string,
    )
  const spend = (id: string, thumbprint = 'a-key', principalId = m1) =>
    storage.change((trx) => spendJoinToken(trx, { id, thumbprint, principalId, time: NOW }))
  const ids = async () =>
    (await listJoinTokens(db, { groups: await listTokenGroups(db), after: '', limit: 1_000 })).map(
      ({ token }) => token.id,
    )
  const uses = async () => (await db.selectFrom('join_token_use').selectAll().execute()).length
  return { m1, m2, storage, db, make, admit, spend, ids, uses }
}

function at(milliseconds: number): Date {
  return new Date(NOW.getTime() + milliseconds)
}

test('a token is kept as it was asked for, and its secret is not', async () => {
  const { db, make } = await setUp()
  const { secret, ...token } = await make({ uses: 3 })
  expect(await findJoinToken(db, token.id)).toEqual(token)
  expect(token).toMatchObject({ uses: 3, usesLeft: 3, createdAt: NOW, expiresAt: at(HOUR_MS) })
  expect(JSON.stringify(await db.selectFrom('join_token').selectAll().execute())).not.toContain(secret)
  expect(joinTokenPath(token.id).endsWith(`/${token.id}`)).toBe(true)
  expect(await findJoinToken(db, 'another')).toBeUndefined()
})

test('a token lets machines in until its end, and not at it', async () => {
  const { make, admit } = await setUp()
  const { secret } = await make()
  expect(await admit(secret, HOUR_MS - 1)).toEqual({ left: 1, principalId: undefined })
  expect(await admit(secret, HOUR_MS)).toBe('JoinTokenRefused')
})

test('a secret that no token has lets nobody in, nor does its beginning, its digest or an id', async () => {
  const { db, make, admit } = await setUp()
  const { id, secret } = await make()
  const { hash } = await db.selectFrom('join_token').select('hash').executeTakeFirstOrThrow()
  for (const guess of ['', id, hash, secret.slice(0, -1), `${secret}a`, secret.toUpperCase()]) {
    expect(await admit(guess)).toBe('JoinTokenRefused')
  }
})

test('a token lets in as many as it has uses, and who was let in comes again for a day after its end', async () => {
  const { m1, m2, make, admit, spend } = await setUp()
  const { id, secret } = await make({ uses: 2 })
  const other = await make()
  await spend(id, 'first')
  expect(await admit(secret, 0, 'second')).toEqual({ left: 1, principalId: undefined })
  await spend(id, 'second', m2)
  expect(await admit(secret, 0, 'third')).toBe('JoinTokenRefused')
  for (const [thumbprint, principalId] of [
    ['first', m1],
    ['second', m2],
  ] as const) {
    const again = { left: 0, principalId }
    expect(await admit(secret, HOUR_MS + DAY_MS - 1, thumbprint)).toEqual(again)
    expect(await admit(secret, HOUR_MS + DAY_MS, thumbprint)).toBe('JoinTokenRefused')
  }
  // What one token was spent for is nothing to another.
  expect(await admit(other.secret, 0, 'first')).toEqual({ left: 1, principalId: undefined })
})

test('what is deleted lets nobody in, and nothing else is deleted with it', async () => {
  const { m1, storage, db, make, admit, spend, ids, uses } = await setUp()
  const [gone, other] = [await make({ uses: 2 }), await make({ uses: 2 })]
  await spend(gone.id)
  await spend(other.id)
  await storage.change((trx) => deleteJoinToken(trx, gone.id))
  expect([await admit(gone.secret), await ids(), await uses()]).toEqual(['JoinTokenRefused', [other.id], 1])
  expect(await admit(other.secret)).toEqual({ left: 1, principalId: m1 })
  expect(await findJoinToken(db, gone.id)).toBeUndefined()
})

test('the list is newest first', async () => {
  const { make, ids } = await setUp()
  const made = [await make({}, at(2)), await make({}, at(3)), await make({}, at(1))].map(({ id }) => id)
  expect(await ids()).toEqual([made[1], made[0], made[2]])
})

test('a machine that was replaced ends the unused tokens that would replace it, and no other', async () => {
  const { m1, m2, storage, make, spend, ids } = await setUp()
  const used = await make({ replaces: m1 })
  await spend(used.id)
  await make({ replaces: m1 })
  const others = [await make({ replaces: m2 }), await make()]
  await storage.change((trx) => endReplacingTokens(trx, m1))
  expect((await ids()).sort()).toEqual([used, ...others].map(({ id }) => id).sort())
})

test('what ended more than a day ago is swept with its uses, in batches, and nothing younger', async () => {
  const { storage, db, make, spend, ids, uses } = await setUp()
  const young = await make({}, at(1))
  await spend(young.id)
  for (let count = 0; count < 101; count += 1) await spend((await make()).id)
  const now = at(HOUR_MS + DAY_MS + 1)
  expect(await sweepJoinTokens(storage.db, at(HOUR_MS + DAY_MS))).toBe(false)
  expect(await ids()).toHaveLength(102)
  expect(await sweepJoinTokens(db, now)).toBe(true)
  expect([(await ids()).length, await uses()]).toEqual([2, 2])
  expect(await sweepJoinTokens(db, now)).toBe(false)
  expect([await ids(), await uses()]).toEqual([[young.id], 1])
  expect(await sweepJoinTokens(db, now)).toBe(false)
})
