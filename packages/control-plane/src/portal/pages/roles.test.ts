import { describe, expect, test } from 'vitest'
import { DATABASES } from '../../testing/trial-database.ts'
import { giveRole, makePerson, PROVIDER, putIn } from '../../testing/trial-people.ts'
import { formFields, startTrialPortal } from '../../testing/trial-portal.ts'
import { ROLE } from '../../testing/trial-resource-manager.ts'
import { ROLE_WORDS } from './role-words.ts'

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

  test('a person is said to have the roles of its groups, and through which', async () => {
    const trial = await startTrialPortal({ database, portalProvider: PROVIDER })
    const scope = `/subscriptions/${trial.subscriptionId}`
    const user = await makePerson(trial, 'users', { displayName: 'Ada', subject: 'ada-1' })
    const group = await makePerson(trial, 'groups', { displayName: 'platform', claimValue: 'platform' })
    const owner = await trial.ownersBrowser()
    const asked = `/portal/roles?${new URLSearchParams({ principal: 'Ada' })}`
    await giveRole(trial, group, { role: ROLE.contributor, scope })
    expect((await owner.get(asked)).text).toContain(
      '<bdi>Ada</bdi> has no role here, above or below, neither itself nor through a group.',
    )
    await putIn(trial.storage, user, group)
    await giveRole(trial, user, { role: ROLE.reader, scope })
    const { text } = await owner.get(asked)
    expect(text).toContain('<th scope="row"><bdi>Reader</bdi></th>')
    expect(text).toContain('<td>given to itself</td>')
    expect(text).toContain('<th scope="row"><bdi>Contributor</bdi></th>')
    expect(text).toContain(
      `<td>the group <a href="/portal/roles?principal=${group}"><bdi>platform</bdi></a></td>`,
    )
    expect(text).toContain('Take away from the whole group')
    const people = await owner.get('/portal/users')
    expect(people.text).toContain(`<a href="/portal/roles?principal=${user}">Roles<`)
    expect((await owner.get(`/portal/roles?principal=${user}`)).text).toContain('the group <a')
  })

  test('who can do something at a place has a role there or above it, and roles below it are shown when asked for', async () => {
    const trial = await startTrialPortal({ database })
    await trial.enrolMachine('web-1')
    const [above, below] = [await trial.addApplication(), await trial.addApplication()]
    const scope = `/subscriptions/${trial.subscriptionId}`
    await giveRole(trial, above.principalId, { role: ROLE.reader })
    await giveRole(trial, below.principalId, { role: ROLE.owner, scope: `${scope}/resourceGroups/shop` })
    const owner = await trial.ownersBrowser()
    const seen = async (query: Record<string, string>) => {
      const { text } = await owner.get(`/portal/roles?${new URLSearchParams(query)}`)
      return [above, below].map(({ principalId }) => text.includes(`/portal/applications/${principalId}`))
    }
    expect(await seen({ scope })).toEqual([true, false])
    expect(await seen({ scope, reach: 'above' })).toEqual([true, false])
    expect(await seen({ scope, reach: 'below' })).toEqual([true, true])
    expect(await seen({ scope: `${scope}/resourceGroups/shop` })).toEqual([true, true])
    expect(await seen({})).toEqual([true, true])
  })
})

test('after a role was taken away the list is the one that was asked for', async () => {
  const trial = await startTrialPortal()
  const { principalId } = await trial.addApplication({ id: ROLE.reader, scope: '/' })
  const owner = await trial.ownersBrowser()
  const page = await owner.get(`/portal/roles?${new URLSearchParams({ scope: '/', principal: principalId })}`)
  const { headers } = await owner.submit(page, '/portal/roles/remove')
  expect(String(headers.location)).toMatch(
    `/portal/roles?scope=%2F&principal=${principalId}&reach=below&done=role-taken`,
  )
  expect((await owner.get(String(headers.location))).text).toContain(
    'The role <bdi>Reader</bdi> at <bdi>/</bdi> was taken away from <bdi>trial</bdi>.',
  )
})

test('a role is taken away on the page of who has it, which then says what was taken', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const { identity } = await trial.enrolMachine('web-1')
  const application = await trial.addApplication()
  for (const [page, principalId, name] of [
    [`/portal${identity.resourceId}`, identity.principalId, 'web-1'],
    [`/portal/applications/${application.principalId}`, application.principalId, 'trial'],
  ] as const) {
    await giveRole(trial, principalId, { role: ROLE.reader, scope: `/subscriptions/${trial.subscriptionId}` })
    const taken = await owner.submit(await owner.get(page), '/portal/roles/remove')
    const back = String(taken.headers.location)
    expect(back.split('?', 1)).toEqual([page])
    const { text } = await owner.get(back)
    expect(text).toContain(`was taken away from <bdi>${name}</bdi>.`)
    expect(text).toContain('It has no role here')
  }
})

test('the app roles of a machine are on its page', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const { identity } = await trial.enrolMachine('web-1')
  const page = `/portal${identity.resourceId}`
  expect((await owner.get(page)).text).not.toContain('App roles')
  const json = { principalId: identity.principalId, resource: 'api://orders', role: 'orders.<read>' }
  expect((await trial.ask('/landfast/v1/app-role-assignments', { method: 'POST', json })).status).toBe(201)
  const { text } = await owner.get(page)
  expect(text).toContain('<th scope="row"><bdi>orders.&lt;read&gt;</bdi></th>')
  expect(text).toContain('<td><bdi>api://orders</bdi></td>')
})

test('what each role permits is said in words, for each role that can be given', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  const { text } = await owner.get('/portal/roles')
  for (const words of ROLE_WORDS.values()) expect(text).toContain(`<td><bdi>${words}</bdi></td>`)
})

test('whom a name does not mean is not said to have no role', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const { text } = await owner.get(`/portal/roles?${new URLSearchParams({ principal: "Ada' or <b>" })}`)
  expect(text).toContain('user or group with the name <bdi>Ada&#39; or &lt;b&gt;</bdi>.')
})

test('what is no place is said to be none beside its field, in the search and in the form', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  const searched = await owner.get('/portal/roles?scope=web-1&principal=Ada')
  expect(searched.status).toBe(400)
  expect(searched.text).toContain(
    'name="scope" value="/web-1" size="40" spellcheck="false" aria-invalid="true"',
  )
  expect(searched.text).toContain('There is no such place. Write it as the pages show it')
  expect(searched.text).toContain('name="principal" value="Ada"')
  const climbing = await owner.get(
    `/portal/roles?${new URLSearchParams({ scope: '/subscriptions/../tenants' })}`,
  )
  expect(climbing.status).toBe(400)
  const typed = { principal: 'Ada', role: ROLE.contributor, scope: 'shop', description: 'for the shop' }
  const given = await owner.submit(await owner.get('/portal/roles'), '/portal/roles', typed)
  expect(given.status).toBe(400)
  expect(given.text).toContain('There is no such place. Write it as the pages show it')
  for (const value of ['Ada', 'shop', 'for the shop']) expect(given.text).toContain(`value="${value}"`)
})

test('a place that is not there, and a role that is had already, are said beside their fields', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const { clientId } = await trial.addApplication()
  await trial.enrolMachine('web-1')
  const group = `/subscriptions/${trial.subscriptionId}/resourceGroups/shop`
  const give = async (scope: string) => {
    const wish = { principal: clientId, role: ROLE.reader, scope, description: 'for the shop' }
    return await owner.submit(await owner.get('/portal/roles'), '/portal/roles', wish)
  }
  expect((await give(group)).status).toBe(303)
  for (const [scope, field] of [
    [group, 'principal'],
    [`${group}x`, 'scope'],
  ] as const) {
    const { status, text } = await give(scope)
    expect([status, text]).toEqual([400, expect.stringContaining('value="for the shop"')])
    expect(text).toMatch(new RegExp(`name="${field}"[^>]* aria-invalid="true"`))
  }
})

test('the form offers the subscription and its groups as places', async () => {
  const trial = await startTrialPortal()
  await trial.enrolMachine('web-1')
  const { text } = await (await trial.ownersBrowser()).get('/portal/roles')
  const subscription = `/subscriptions/${trial.subscriptionId}`
  const offered = Array.from(text.matchAll(/data-fills="([^"]*)"/g), ([, values = '']) =>
    JSON.parse(values.replaceAll('&quot;', '"')),
  )
  expect(offered).toContainEqual({ scope: subscription })
  expect(offered).toContainEqual({ scope: `${subscription}/resourceGroups/shop` })
})

test('whoever may only read takes no role away', async () => {
  const trial = await startTrialPortal()
  const reader = await trial.addApplication({ id: ROLE.reader, scope: '/' })
  const browser = trial.openBrowser()
  await browser.signIn(reader)
  const page = await browser.get('/portal/roles?scope=/')
  expect(page.text).not.toContain('Take away')
  const owner = await trial.ownersBrowser()
  const fields = formFields(await owner.get('/portal/roles?scope=/'), '/portal/roles/remove')
  const { formToken = '' } = formFields(page, '/portal/sign-out')
  const refused = await browser.post('/portal/roles/remove', { ...fields, formToken })
  expect([refused.status, refused.text.includes('You may not do this')]).toEqual([403, true])
})

test('the form gives no more than reading, unless more is chosen', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  const [, text = ''] = (await owner.get('/portal/roles')).text.split('Give a role')
  expect(Array.from(text.matchAll(/<option value="([^"]*)" selected/g), ([, id]) => id)).toEqual([
    ROLE.reader,
  ])
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
