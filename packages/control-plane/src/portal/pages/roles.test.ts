import { describe, expect, test } from 'vitest'
import { DATABASES } from '../../testing/trial-database.ts'
import { startTrialPortal } from '../../testing/trial-portal.ts'
import { ROLE } from '../../testing/trial-resource-manager.ts'

describe.each(DATABASES)('on %s', (database) => {
  test('a role is given to who is named by a client id, counts at once, and is taken away again', async () => {
    const trial = await startTrialPortal({ database })
    const owner = await trial.ownersBrowser()
    const other = await trial.addApplication()
    const browser = trial.openBrowser()
    await browser.signIn(other)
    expect((await browser.get('/portal/machines')).text).toContain('You see no subscription')
    const scope = `/subscriptions/${trial.subscriptionId}`
    const given = await owner.submit(await owner.get('/portal/roles'), '/portal/roles', {
      principal: other.clientId,
      role: ROLE.reader,
      scope,
      description: '<b>looks</b>',
    })
    expect([given.status, given.text]).toEqual([303, ''])
    expect((await browser.get('/portal/machines')).text).not.toContain('You see no subscription')
    const page = await owner.get(`/portal/roles?${new URLSearchParams({ principal: other.principalId })}`)
    expect(page.text).toContain('<bdi>&lt;b&gt;looks&lt;/b&gt;</bdi>')
    expect((await owner.submit(page, '/portal/roles/remove')).status).toBe(303)
    expect((await browser.get('/portal/machines')).text).toContain('You see no subscription')
  })
})

test('whoever may only read takes no role away', async () => {
  const trial = await startTrialPortal()
  const reader = await trial.addApplication({ id: ROLE.reader, scope: '/' })
  const browser = trial.openBrowser()
  await browser.signIn(reader)
  const page = await browser.get('/portal/roles?scope=/')
  const refused = await browser.submit(page, '/portal/roles/remove')
  expect([refused.status, refused.text.includes('You may not do this')]).toEqual([403, true])
})

test('the form gives no more than reading, unless more is chosen', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  const { text } = await owner.get('/portal/roles')
  expect(Array.from(text.matchAll(/<option value="([^"]*)" selected/g), ([, id]) => id)).toEqual([
    ROLE.reader,
  ])
})

test('a place that is none is said to be one', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  const { status, text } = await owner.get('/portal/roles?scope=shop')
  expect([status, text.includes('There is nothing with this path.')]).toEqual([404, true])
})

test('whom nobody knows is given no role', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const refused = await owner.submit(await owner.get('/portal/roles'), '/portal/roles', {
    principal: 'nobody',
    role: ROLE.reader,
    scope: '/',
  })
  expect(refused.status).toBe(400)
})

test('any of the ids of something leads to its page', async () => {
  const trial = await startTrialPortal()
  const { identity } = await trial.enrolMachine('web-1')
  const application = await trial.addApplication({ id: ROLE.owner, scope: '/' })
  const browser = trial.openBrowser()
  await browser.signIn(application)
  const found = async (q: string) =>
    (await browser.get(`/portal/find?${new URLSearchParams({ q })}`)).headers.location
  const page = `/portal${identity.resourceId}`
  for (const q of [
    identity.principalId,
    ` ${identity.clientId.toUpperCase()} `,
    identity.resourceId,
    'web-1',
  ]) {
    expect(await found(q)).toBe(page)
  }
  expect(await found(application.clientId)).toBe(`/portal/applications/${application.principalId}`)
  const nothing = await browser.get('/portal/find?q=%3Cscript%3E')
  expect([nothing.status, nothing.text.includes('<script>')]).toEqual([404, false])
})
