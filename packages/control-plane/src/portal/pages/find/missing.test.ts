import { describe, expect, test } from 'vitest'
import { DATABASES } from '../../../testing/trial-database.ts'
import { startTrialPortal, type TrialPage } from '../../../testing/trial-portal.ts'
import { ROLE } from '../../../testing/trial-resource-manager.ts'

/** Where the first link with these words leads. */
function leadsTo({ text }: TrialPage, words: string): string {
  const links = Array.from(text.matchAll(/<a href="([^"]*)">([^<]*)/g), ([, href = '', name]) => ({
    href,
    name,
  }))
  return links.find(({ name }) => name?.startsWith(words))?.href.replaceAll('&amp;', '&') ?? ''
}

describe.each(DATABASES)('on %s', (database) => {
  test('the page of a machine that was deleted says so, and leads to what the audit trail has of it', async () => {
    const trial = await startTrialPortal({ database })
    const { identity } = await trial.enrolMachine('web-1')
    await trial.ask(`${identity.resourceId}?api-version=2025-01-13`, { method: 'DELETE' })
    const owner = await trial.ownersBrowser()
    const page = await owner.get(`/portal${identity.resourceId}`)
    expect(page.status).toBe(404)
    expect(page.text).toContain('<h1><bdi>There is no machine web-1</bdi></h1>')
    expect(page.text).toContain(
      'There is no machine web-1 in the resource group shop. If there was one, it was deleted.',
    )
    expect(page.text).not.toContain('aka.ms')
    const trail = await owner.get(leadsTo(page, 'What happened with the machine'))
    expect(trail.text).toContain('<bdi>delete-machine</bdi>')
  })

  test('of a machine that never was, the page says that there is none, and looks for the name elsewhere', async () => {
    const trial = await startTrialPortal({ database })
    const { identity } = await trial.enrolMachine('web-1')
    const owner = await trial.ownersBrowser()
    const page = await owner.get(`/portal${identity.resourceId.replace('/shop/', '/elsewhere/')}`)
    expect(page.text).toContain('There is no machine web-1 in the resource group elsewhere.')
    expect(page.text).not.toContain('The audit trail still knows it')
    const found = await owner.get(leadsTo(page, 'Look for this name'))
    expect(found.headers.location).toBe(`/portal${identity.resourceId}`)
  })
})

test.each([
  [
    'identity',
    'providers/Microsoft.ManagedIdentity/userAssignedIdentities/nope',
    'nope in the resource group shop',
  ],
  [
    'identity',
    'providers/Microsoft.ManagedIdentity/userAssignedIdentities/nope/federate/github',
    'nope in the resource group shop',
  ],
])('an %s that is not there is called so at %s', async (kind, path, name) => {
  const trial = await startTrialPortal()
  await trial.enrolMachine('web-1')
  const owner = await trial.ownersBrowser()
  const { status, text } = await owner.get(
    `/portal/subscriptions/${trial.subscriptionId}/resourceGroups/shop/${path}`,
  )
  expect([status, text.includes('aka.ms')]).toEqual([404, false])
  expect(text).toContain(`There is no ${kind} ${name}. If there was one, it was deleted.`)
})

test('an application that was deleted is called so, and what it asked for is in the trail', async () => {
  const trial = await startTrialPortal()
  const application = await trial.addApplication({ id: ROLE.owner, scope: '/' })
  const browser = trial.openBrowser()
  await browser.signIn(application)
  const owner = await trial.ownersBrowser()
  await trial.ask(`/landfast/v1/service-principals/${application.principalId}`, { method: 'DELETE' })
  for (const path of ['', '/federate/gitlab']) {
    const page = await owner.get(`/portal/applications/${application.principalId}${path}`)
    expect(page.status).toBe(404)
    expect(page.text).toContain(`There is no application ${application.principalId}. If there was one`)
    expect((await owner.get(leadsTo(page, 'What was asked under'))).text).toContain('<bdi>sign-in</bdi>')
  }
})
