/** People who sign in to the portal by their company's OpenID provider: who comes in, with which rights, under which name. */

import { describe, expect, test } from 'vitest'
import { TRIAL_ENCRYPTION_KEY } from '../../packages/control-plane/src/testing/trial.ts'
import { DATABASES, trialDatabaseUrl } from '../../packages/control-plane/src/testing/trial-database.ts'
import { giveRole, makePerson } from '../../packages/control-plane/src/testing/trial-people.ts'
import { startTrialPortal, type TrialPage } from '../../packages/control-plane/src/testing/trial-portal.ts'
import { ROLE } from '../../packages/control-plane/src/testing/trial-resource-manager.ts'
import { type OpenIdTrial, startOpenIdTrial } from './openid-trial.ts'

function seen({ status, headers }: TrialPage) {
  return [status, headers.location]
}

function entriesOf({ storage }: OpenIdTrial, action: string) {
  return storage.db
    .selectFrom('audit')
    .select(['client_id', 'principal_id', 'outcome', 'origin'])
    .where('action', '=', action)
    .execute()
}

async function usersOf({ ask }: OpenIdTrial): Promise<{ principalId: string; displayName: string }[]> {
  return (await ask('/landfast/v1/users')).body.value
}

describe.each(DATABASES)('on %s', (database) => {
  test('whoever is in a group with a role comes in with that role, and the audit trail names the person', async () => {
    const trial = await startOpenIdTrial({ database })
    await trial.addGroup(ROLE.owner)
    const browser = trial.openBrowser()
    const back = '/portal/machines?tag=env'
    const arrived = await trial.comeIn(browser, back)
    expect([arrived.status, arrived.headers.refresh]).toEqual([200, `0; url=${back}`])
    expect((await browser.get(back)).text).toContain('Signed in as <bdi>ada@example.com</bdi>')
    const [user, ...others] = await usersOf(trial)
    expect([others, user]).toEqual([
      [],
      expect.objectContaining({ subject: 'ada-1', issuer: trial.company.issuer, state: 'enabled' }),
    ])
    const id = user?.principalId
    const byUser = { client_id: id, principal_id: id, outcome: 'done', origin: '127.0.0.1' }
    expect(await entriesOf(trial, 'create-user')).toEqual([byUser])
    expect(await entriesOf(trial, 'sign-in')).toEqual([byUser])
    const applications = await browser.get('/portal/applications')
    const made = await browser.submit(applications, '/portal/applications', { displayName: 'hers' })
    expect(made.status).toBe(303)
    expect((await entriesOf(trial, 'create-application')).map((row) => row.client_id)).toEqual([id])
    const { body } = await trial.ask('/landfast/v1/audit?$orderby=time%20desc')
    expect(body.value).toContainEqual(
      expect.objectContaining({ action: 'create-application', clientName: 'ada@example.com' }),
    )
  })

  test('a role of the group that is taken, and a group that is disabled or deleted, count no more at once', async () => {
    const trial = await startOpenIdTrial({ database })
    const group = await trial.addGroup(ROLE.reader)
    const browser = trial.openBrowser()
    await trial.comeIn(browser)
    const may = async () => !(await browser.get('/portal/settings')).text.includes('You may not do this')
    expect(await may()).toBe(true)
    await trial.ask(`/landfast/v1/groups/${group}/disable`, { method: 'POST' })
    expect(await may()).toBe(false)
    await trial.ask(`/landfast/v1/groups/${group}/enable`, { method: 'POST' })
    expect(await may()).toBe(true)
    await trial.storage.db.deleteFrom('role_assignment').where('principal_id', '=', group).execute()
    expect(await may()).toBe(false)
    await giveRole(trial, group, { role: ROLE.reader })
    expect(await may()).toBe(true)
    await trial.ask(`/landfast/v1/groups/${group}`, { method: 'DELETE' })
    expect(await may()).toBe(false)
  })

  test('the same person is the same user every time, under the name that it has now', async () => {
    const trial = await startOpenIdTrial({ database })
    await trial.addGroup(ROLE.reader)
    await trial.comeIn(trial.openBrowser())
    const [first] = await usersOf(trial)
    trial.company.person = { sub: 'ada-1', email: 'countess@example.com', groups: ['platform-team'] }
    await trial.comeIn(trial.openBrowser())
    expect(await usersOf(trial)).toEqual([{ ...first, displayName: 'countess@example.com' }])
  })

  test('with the next sign-in a group that a person has left counts in no session of it any more', async () => {
    const trial = await startOpenIdTrial({ database })
    await trial.addGroup(ROLE.reader)
    const [first, second] = [trial.openBrowser(), trial.openBrowser()]
    await trial.comeIn(first)
    const [user] = await usersOf(trial)
    const scope = `/subscriptions/${trial.subscriptionId}`
    await giveRole(trial, user?.principalId ?? '', { role: ROLE.onboarding, scope })
    trial.company.person = { sub: 'ada-1', groups: [] }
    expect((await trial.comeIn(second)).status).toBe(200)
    for (const browser of [first, second]) {
      expect((await browser.get('/portal/settings')).text).toContain('You may not do this')
    }
  })

  test('who has lost its last group comes in no more, and may do nothing in the sessions that are open', async () => {
    const trial = await startOpenIdTrial({ database })
    await trial.addGroup(ROLE.owner)
    const [first, second] = [trial.openBrowser(), trial.openBrowser()]
    await trial.comeIn(first)
    expect((await first.get('/portal/settings')).status).toBe(200)
    trial.company.person = { sub: 'ada-1', groups: [] }
    expect((await trial.comeIn(second)).text).toContain('openid_no_role')
    expect((await first.get('/portal/settings')).text).toContain('You may not do this')
  })

  test('a user that an operator made by its subject comes in by its own role', async () => {
    const trial = await startOpenIdTrial({ database })
    const user = await makePerson(trial, 'users', { displayName: 'Ada', subject: 'ada-1' })
    await giveRole(trial, user, { role: ROLE.reader })
    trial.company.person = { sub: 'ada-1' }
    const browser = trial.openBrowser()
    expect((await trial.comeIn(browser)).status).toBe(200)
    expect((await browser.get('/portal/settings')).status).toBe(200)
    expect((await usersOf(trial)).map(({ principalId }) => principalId)).toEqual([user])
  })

  test('who has no role does not come in, and nothing is kept of it', async () => {
    const trial = await startOpenIdTrial({ database })
    await makePerson(trial, 'groups', { displayName: 'platform', claimValue: 'platform-team' })
    const browser = trial.openBrowser()
    const refused = await trial.comeIn(browser)
    expect([refused.status, browser.cookie]).toEqual([403, undefined])
    for (const text of ['openid_no_role', 'ada-1', 'ada@example.com']) expect(refused.text).toContain(text)
    expect(await usersOf(trial)).toEqual([])
    expect(await entriesOf(trial, 'create-user')).toEqual([])
  })

  test('who is disabled is signed out, and stays out although its group has a role; who is deleted comes in anew', async () => {
    const trial = await startOpenIdTrial({ database })
    await trial.addGroup(ROLE.reader)
    const browser = trial.openBrowser()
    await trial.comeIn(browser)
    const [user] = await usersOf(trial)
    const at = `/landfast/v1/users/${user?.principalId}`
    await trial.ask(`${at}/disable`, { method: 'POST' })
    expect(seen(await browser.get('/portal'))).toEqual([303, '/portal/sign-in'])
    const refused = await trial.comeIn(browser)
    expect([refused.status, refused.text.includes('openid_disabled')]).toEqual([403, true])
    await trial.ask(at, { method: 'DELETE' })
    expect((await trial.comeIn(browser)).status).toBe(200)
    const [next] = await usersOf(trial)
    expect(next?.principalId).not.toBe(user?.principalId)
  })

  test('two browsers of one person that come for the first time at once are one user', async () => {
    const trial = await startOpenIdTrial({ database })
    await trial.addGroup(ROLE.reader)
    const browsers = Array.from({ length: 4 }, () => trial.openBrowser())
    const pages = await Promise.all(browsers.map((browser) => trial.comeIn(browser)))
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(await usersOf(trial)).toHaveLength(1)
  })

  test('of one answer of the provider that comes twice only the first signs in', async () => {
    const trial = await startOpenIdTrial({ database })
    await trial.addGroup(ROLE.reader)
    const browser = trial.openBrowser()
    const path = await trial.company.comeBack(await trial.begin(browser))
    const { flowCookie } = browser
    const answers = await Promise.all([browser.get(path), browser.get(path)])
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const thief = trial.openBrowser()
    thief.flowCookie = flowCookie
    const late = await thief.get(path)
    expect([late.status, late.text.includes('openid_answer_wrong'), thief.cookie]).toEqual([
      502,
      true,
      undefined,
    ])
    expect(await entriesOf(trial, 'sign-in')).toHaveLength(1)
  })
})

test('another replica goes on with a sign-in that one has begun', async () => {
  const databaseUrl = await trialDatabaseUrl('postgres')
  if (databaseUrl === undefined) throw new Error('there is no PostgreSQL')
  const shared = { databaseUrl, encryptionKey: TRIAL_ENCRYPTION_KEY }
  const trial = await startOpenIdTrial(shared)
  await trial.addGroup(ROLE.reader)
  const { url } = trial.controlPlane
  const other = await startTrialPortal({ ...shared, ...trial.company.options, url })
  const [first, second] = [trial.openBrowser(), other.openBrowser()]
  const path = await trial.company.comeBack(await trial.begin(first))
  second.flowCookie = first.flowCookie
  expect((await second.get(path)).status).toBe(200)
  first.cookie = second.cookie
  expect((await first.get('/portal')).text).toContain('ada@example.com')
})

test('a session is a new one, and that which the browser had before is over', async () => {
  const trial = await startOpenIdTrial()
  await trial.addGroup(ROLE.reader)
  const browser = trial.openBrowser()
  await browser.signIn(await trial.addApplication({ id: ROLE.owner, scope: '/' }))
  const { cookie } = browser
  const started = await browser.get('/portal/sign-in/openid', { 'Sec-Fetch-Site': 'same-origin' })
  browser.cookie = undefined
  await browser.get(await trial.company.comeBack(String(started.headers.location)))
  expect(browser.cookie).not.toBe(cookie)
  const former = trial.openBrowser()
  former.cookie = cookie
  expect(seen(await former.get('/portal'))).toEqual([303, '/portal/sign-in'])
})

test('the session ends as every other does, and "everywhere" takes all of the person', async () => {
  const trial = await startOpenIdTrial()
  await trial.addGroup(ROLE.reader)
  const [first, second] = [trial.openBrowser(), trial.openBrowser()]
  await trial.comeIn(first)
  await trial.comeIn(second)
  await first.submit(await first.get('/portal'), '/portal/sign-out', { reach: 'all' })
  expect(seen(await second.get('/portal'))).toEqual([303, '/portal/sign-in'])
  await trial.comeIn(second)
  trial.clock.advance(3_601)
  expect(seen(await second.get('/portal'))).toEqual([303, '/portal/sign-in'])
})

test('without a provider the sign-in page names none, and there is no way to one', async () => {
  const trial = await startTrialPortal()
  const browser = trial.openBrowser()
  expect((await browser.get('/portal/sign-in')).text).not.toContain('/portal/sign-in/openid')
  for (const path of ['/portal/sign-in/openid', '/portal/sign-in/callback?code=x&state=y']) {
    expect(seen(await browser.get(path))).toEqual([303, '/portal/sign-in'])
  }
})
