/** Two replicas whose clocks are apart: a link, the session that it opens, and what pages say of the past. */

import { expect, test } from 'vitest'
import { createPortalCodes } from '../admission/portal-codes.ts'
import { sweepPortalCodes } from '../operation/expired-rows.ts'
import { startTrial } from '../testing/trial.ts'
import { trialDatabaseUrl } from '../testing/trial-database.ts'
import { codeLink, openTrialBrowser, startTrialPortal } from '../testing/trial-portal.ts'
import { ROLE } from '../testing/trial-resource-manager.ts'

const FORM = '/portal/sign-in/code'

/** A portal, and a browser at another replica whose clock differs by `seconds`. */
async function startTwo(seconds: number) {
  const databaseUrl = (await trialDatabaseUrl('postgres')) ?? ''
  const trial = await startTrialPortal({ databaseUrl })
  const now = () => new Date(trial.clock.now().getTime() + seconds * 1000)
  const { controlPlane } = await startTrial({ databaseUrl, now })
  return { trial, now, openOther: () => openTrialBrowser(controlPlane) }
}

test.each([61, -61])(
  'a link that a replica made signs in at one whose clock differs by %i seconds, and the session is good at both',
  async (seconds) => {
    const { trial, now, openOther } = await startTwo(seconds)
    const path = await codeLink(trial)
    // The replica that is ahead sweeps first.
    await sweepPortalCodes(trial.storage.db, now())
    const other = openOther()
    const signedIn = await other.submit(await other.get(path), FORM)
    expect([signedIn.status, signedIn.headers.location]).toEqual([303, '/portal'])
    const here = trial.openBrowser()
    here.cookie = other.cookie
    for (const browser of [other, here]) expect((await browser.get('/portal')).status).toBe(200)
    expect((await openOther().get(path)).status).toBe(401)
  },
)

test('a replica whose clock is behind says that a heartbeat was now, and not that it will be', async () => {
  const { trial, openOther } = await startTwo(-180)
  const machine = await trial.enrolMachine('web-1')
  await trial.beat(machine, machine.nonce)
  const other = openOther()
  await other.signIn(await trial.addApplication({ id: ROLE.owner, scope: '/' }))
  for (const path of ['/portal', '/portal/machines', `/portal${machine.identity.resourceId}`]) {
    const page = await other.get(path)
    expect([path, page.status, />in \d+ (seconds|minutes?)</.exec(page.text)?.[0]]).toEqual([
      path,
      200,
      undefined,
    ])
  }
  const { text } = await other.get(`/portal${machine.identity.resourceId}`)
  expect(text).toMatch(/last heartbeat <time [^>]*>now<\/time>/)
})

test('a link opens no session after its access token has ended, however late it is taken', async () => {
  const { storage, clock, owner } = await startTrialPortal()
  const codes = createPortalCodes(storage)
  const tokenEndsAt = new Date(clock.now().getTime() + 30_000)
  const { code } = await codes.make(owner.principalId, { time: clock.now(), tokenEndsAt })
  clock.advance(29)
  expect(await codes.look(code, clock.now())).toMatchObject({ principalId: owner.principalId })
  clock.advance(1)
  expect(await codes.look(code, clock.now())).toBeUndefined()
})
