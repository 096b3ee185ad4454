import { expect, test } from 'vitest'
import { makePerson, PROVIDER } from '../../testing/trial-people.ts'
import { startTrialPortal } from '../../testing/trial-portal.ts'
import { ROLE } from '../../testing/trial-resource-manager.ts'

test('a reader sees every page and no form on it that would be refused', async () => {
  const trial = await startTrialPortal({ portalProvider: PROVIDER })
  const { identity } = await trial.enrolMachine('web-1')
  const owner = await trial.ownersBrowser()
  const made = await owner.submit(await owner.get('/portal/identities'), '/portal/identities', {
    identityName: 'deploy',
    groupName: 'shop',
  })
  const { principalId } = await trial.addApplication({ id: ROLE.reader, scope: '/' })
  await makePerson(trial, 'users', { displayName: 'Ada', subject: 'ada-1' })
  await trial.makeJoinToken({ resourceGroup: 'shop' })
  const reader = trial.openBrowser()
  await reader.signIn(await trial.addApplication({ id: ROLE.reader, scope: '/' }))
  const pages = [
    ...['', '/machines', '/join', '/identities', '/roles', '/roles?scope=/', '/applications'],
    ...['/groups', '/users', '/keys', '/audit', '/settings', `/applications/${principalId}`],
    ...[identity.resourceId, String(made.headers.location).replace(/^\/portal|\?.*/g, '')],
  ]
  for (const path of pages) {
    const { status, text } = await reader.get(`/portal${path}`)
    expect([path, status, text.match(/<form method="post" action="[^"]*"/g)]).toEqual([path, 200, null])
  }
})

test('who may do a thing at one place alone has its form there and nowhere else', async () => {
  const trial = await startTrialPortal()
  const machines = [await trial.enrolMachine('web-1'), await trial.enrolMachine('web-2')]
  const [one = '', other = ''] = machines.map(({ identity }) => identity.resourceId)
  const { clientId, secret, principalId } = await trial.addApplication({ id: ROLE.reader, scope: '/' })
  const owner = await trial.ownersBrowser()
  const role = { principal: principalId, role: ROLE.contributor, scope: one }
  await owner.submit(await owner.get('/portal/roles'), '/portal/roles', role)
  const browser = trial.openBrowser()
  await browser.signIn({ clientId, secret })
  const hasForm = async (id: string) =>
    (await browser.get(`/portal${id}`)).text.includes(`action="/portal${id}/delete"`)
  expect([await hasForm(one), await hasForm(other)]).toEqual([true, false])
  expect((await browser.get(`/portal${other}`)).text).toContain(
    'Your account may not do this here. Each of these roles allows it: Owner, Contributor,',
  )
})
