import { describe, expect, test } from 'vitest'
import { sweepPortalCodes, sweepPortalSessions } from '../operation/expired-rows.ts'
import { createForeignPrincipal, newForeignPrincipal } from '../registry/people/foreign-principals.ts'
import { createClock } from '../testing/trial.ts'
import { makeTrialApplication } from '../testing/trial-application.ts'
import { DATABASES, type TrialDatabase } from '../testing/trial-database.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { createPortalCodes } from './portal-codes.ts'
import { createPortalSessions } from './portal-sessions.ts'

async function start(database: TrialDatabase) {
  const clock = createClock()
  const opened = await openTrialRegistry(clock.now, { database })
  const { principalId } = await makeTrialApplication(opened, { time: clock.now() })
  const sessions = createPortalSessions(opened.storage)
  const change = () => ({ time: clock.now(), correlationId: principalId, address: '192.0.2.1' })
  const begin = (endsBy?: Date) => sessions.begin({ principalId, endsBy }, change())
  const { look, spend, ...codes } = createPortalCodes(opened.storage)
  const makeCode = (tokenEndsAt = later(3_600)) => codes.make(principalId, { time: clock.now(), tokenEndsAt })
  const later = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000)
  return { ...opened, ...sessions, look, spend, clock, principalId, begin, change, makeCode, later }
}

describe.each(DATABASES)('on %s', (database) => {
  test('the sweep takes the sessions and codes that are over, and leaves the others', async () => {
    const { db, clock, principalId, begin, makeCode, find } = await start(database)
    await begin()
    await makeCode()
    clock.advance(3_601)
    const id = await begin()
    await makeCode()
    for (const sweep of [sweepPortalSessions, sweepPortalCodes])
      expect(await sweep(db, clock.now())).toBe(false)
    expect(await db.selectFrom('portal_session').select('id_hash').execute()).toHaveLength(1)
    expect(await db.selectFrom('portal_code').select('code_hash').execute()).toHaveLength(1)
    expect(await find(id, clock.now(), 'person')).toMatchObject({ id, principalId })
  })

  test('of a principal with very many sessions the oldest ends, and nobody else’s', async () => {
    const trial = await start(database)
    const other = await makeTrialApplication(trial, { time: trial.clock.now() })
    const { begin } = createPortalSessions(trial.storage)
    const ofOther = await begin({ principalId: other.principalId }, trial.change())
    const ids: string[] = []
    for (let made = 0; made < 101; made += 1) {
      trial.clock.advance(1)
      ids.push(await trial.begin())
    }
    const found = await Promise.all(
      [ofOther, ...ids].map((id) => trial.find(id, trial.clock.now(), 'script')),
    )
    expect(found.flatMap((session, index) => (session ? [] : [index]))).toEqual([1])
  })

  test('a sign-out everywhere takes codes that are on their way as well', async () => {
    const { clock, begin, makeCode, spend, find, end, change } = await start(database)
    const { code } = await makeCode()
    const session = await find(await begin(), clock.now(), 'person')
    if (!session) throw new Error('there is no session')
    await end(session, 'all', change())
    expect(await spend(code, clock.now())).toBeUndefined()
  })

  test('people are signed in as long as their provider is the one that is set', async () => {
    const { storage, tenantId, clock, principalId, begin, change } = await start(database)
    const issuer = 'https://login.example.com/realms/staff'
    const wish = { tenantId, kind: 'user', displayName: 'Ada', issuer, value: 'sub-1' } as const
    const person = newForeignPrincipal(wish, clock.now())
    await storage.change((trx) => createForeignPrincipal(trx, person))
    const ofApplication = await begin()
    const ofPerson = await createPortalSessions(storage, { issuer }).begin(person, change())
    const found = async (provider?: { issuer: string }) => {
      const { find } = createPortalSessions(storage, provider)
      const both = [ofPerson, ofApplication].map((id) => find(id, clock.now(), 'person'))
      return (await Promise.all(both)).map((session) => session?.principalId)
    }
    expect(await found({ issuer })).toEqual([person.principalId, principalId])
    expect(await found({ issuer: `${issuer}-2` })).toEqual([undefined, principalId])
    expect(await found()).toEqual([undefined, principalId])
  })

  test('a session that must end by a certain time goes on with each request, and never beyond it', async () => {
    const { clock, begin, find, later } = await start(database)
    const endsBy = later(5_000)
    const id = await begin(endsBy)
    clock.advance(3_000)
    expect((await find(id, clock.now(), 'person'))?.endsAt).toEqual(endsBy)
    clock.advance(1_999)
    expect(await find(id, clock.now(), 'person')).toBeDefined()
    clock.advance(1)
    expect(await find(id, clock.now(), 'person')).toBeUndefined()
  })

  test('a session of a former version, which kept no latest end, ends twelve hours after its beginning', async () => {
    const { db, clock, begin, find, later } = await start(database)
    const id = await begin(later(1_000_000))
    await db.updateTable('portal_session').set({ latest_end_at: null }).execute()
    for (let count = 0; count < 23; count += 1) {
      clock.advance(1_800)
      expect(await find(id, clock.now(), 'person')).toBeDefined()
    }
    clock.advance(1_800)
    expect(await find(id, clock.now(), 'person')).toBeUndefined()
  })

  test('a code of a former version, which does not say how long a session may last, opens none', async () => {
    const { db, clock, makeCode, look, spend } = await start(database)
    const { code } = await makeCode()
    await db.updateTable('portal_code').set({ session_ends_at: null }).execute()
    expect([await look(code, clock.now()), await spend(code, clock.now())]).toEqual([undefined, undefined])
  })

  test('a code says whose it is as often as it is asked, and is spent once', async () => {
    const { clock, principalId, makeCode, look, spend } = await start(database)
    const { code } = await makeCode()
    for (let count = 0; count < 2; count += 1)
      expect(await look(code, clock.now())).toMatchObject({ principalId })
    const spent = await Promise.all([1, 2, 3].map(() => spend(code, clock.now())))
    expect(spent.filter(Boolean)).toHaveLength(1)
  })

  test('a code is good no longer than the token that asked for it', async () => {
    const { clock, makeCode, look, later } = await start(database)
    const tokenEndsAt = later(20)
    const { code, expiresAt } = await makeCode(tokenEndsAt)
    expect(expiresAt).toEqual(tokenEndsAt)
    clock.advance(20)
    expect(await look(code, clock.now())).toBeUndefined()
  })

  test('a clock that was set back keeps no session longer than it may be', async () => {
    const { clock, begin, find } = await start(database)
    const id = await begin()
    clock.advance(-86_400)
    const early = await find(id, clock.now(), 'person')
    clock.advance(86_400 + 3_600)
    expect([early === undefined, await find(id, clock.now(), 'person')]).toEqual([false, undefined])
  })
})
