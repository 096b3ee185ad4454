import { describe, expect, test } from 'vitest'
import { createClock } from '../testing/trial.ts'
import { makeTrialApplication } from '../testing/trial-application.ts'
import { DATABASES, type TrialDatabase } from '../testing/trial-database.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { createPortalSessions, sweepPortalCodes, sweepPortalSessions } from './portal-sessions.ts'

async function start(database: TrialDatabase) {
  const clock = createClock()
  const opened = await openTrialRegistry(clock.now, { database })
  const { principalId } = await makeTrialApplication(opened, { time: clock.now() })
  const sessions = createPortalSessions(opened.storage)
  const change = () => ({ time: clock.now(), correlationId: principalId, address: '192.0.2.1' })
  const begin = (former?: string) => sessions.begin(principalId, former, change())
  return { ...opened, ...sessions, clock, principalId, begin, change }
}

describe.each(DATABASES)('on %s', (database) => {
  test('the sweep takes the sessions and codes that are over, and leaves the others', async () => {
    const { db, clock, principalId, begin, makeCode, find } = await start(database)
    await begin()
    await makeCode(principalId, clock.now())
    clock.advance(3_601)
    const id = await begin()
    await makeCode(principalId, clock.now())
    for (const sweep of [sweepPortalSessions, sweepPortalCodes])
      expect(await sweep(db, clock.now())).toBe(false)
    expect(await db.selectFrom('portal_session').select('id_hash').execute()).toHaveLength(1)
    expect(await db.selectFrom('portal_code').select('code_hash').execute()).toHaveLength(1)
    expect(await find(id, clock.now(), 'person')).toMatchObject({ id, principalId })
  })

  test('a sign-out everywhere takes codes that are on their way as well', async () => {
    const { clock, principalId, begin, makeCode, spendCode, find, end, change } = await start(database)
    const { code } = await makeCode(principalId, clock.now())
    const session = await find(await begin(), clock.now(), 'person')
    if (!session) throw new Error('there is no session')
    await end(session, 'all', change())
    expect(await spendCode(code, clock.now())).toBeUndefined()
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
