import { describe, expect, test } from 'vitest'
import { DATABASES } from '../../testing/trial-database.ts'
import { PROVIDER } from '../../testing/trial-people.ts'
import { startTrialPortal } from '../../testing/trial-portal.ts'
import { ROLE } from '../../testing/trial-resource-manager.ts'

const MARKUP = '</title><script>alert(1)</script>'

describe.each(DATABASES)('on %s', (database) => {
  test('a group is made, given a role by its name, disabled, enabled and deleted', async () => {
    const trial = await startTrialPortal({ database, portalProvider: PROVIDER })
    const owner = await trial.ownersBrowser()
    const made = await owner.submit(await owner.get('/portal/groups'), '/portal/groups', {
      displayName: MARKUP,
      value: 'platform-team',
    })
    const told = (done: string) => `/portal/groups?${new URLSearchParams({ done, what: MARKUP })}`
    expect([made.status, made.headers.location]).toEqual([303, told('made')])
    const page = await owner.get('/portal/groups')
    expect([page.text.includes('<script>'), page.text.includes('platform-team')]).toEqual([false, true])
    const [, path = ''] = /action="(\/portal\/groups\/[\da-f-]{36})\/delete"/.exec(page.text) ?? []
    const id = path.split('/').at(-1)
    const given = await owner.submit(await owner.get('/portal/roles'), '/portal/roles', {
      principal: MARKUP,
      role: ROLE.reader,
      scope: '/',
    })
    expect(given.status).toBe(303)
    const roles = await owner.get(`/portal/roles?scope=/&principal=${id}`)
    expect([roles.text.includes('&lt;script&gt;'), roles.text.includes('Reader')]).toEqual([true, true])
    for (const verb of ['disable', 'enable']) {
      const done = await owner.submit(await owner.get('/portal/groups'), `${path}/${verb}`)
      expect(done.headers.location).toBe(told(verb))
    }
    const before = await owner.get('/portal/groups')
    expect((await owner.submit(before, `${path}/delete`, { name: 'other' })).status).toBe(400)
    expect((await owner.submit(before, `${path}/delete`, { name: MARKUP })).status).toBe(303)
    expect((await owner.get('/portal/groups')).text).toContain('There is none yet.')
  })

  test('users and groups are found by how their names begin, and by what the provider calls them', async () => {
    const trial = await startTrialPortal({ database, portalProvider: PROVIDER })
    for (const [displayName, claimValue] of [
      ['Platform', 'team-7'],
      ['Web', 'platform'],
      ['Data', 'team-8'],
    ])
      await trial.ask('/landfast/v1/groups', { method: 'POST', json: { displayName, claimValue } })
    const owner = await trial.ownersBrowser()
    const search = async (q: string) => {
      const { text } = await owner.get(`/portal/groups?${new URLSearchParams({ q })}`)
      return Array.from(text.matchAll(/<th scope="row"><bdi>([^<]*)</g), ([, name]) => name).toSorted()
    }
    expect(await search('')).toEqual(['Data', 'Platform', 'Web'])
    expect(await search('plat')).toEqual(['Platform'])
    expect(await search('platform')).toEqual(['Platform', 'Web'])
    expect(await search('team-8')).toEqual(['Data'])
    expect(await search('team')).toEqual([])
    expect((await owner.get('/portal/users?q=plat')).text).toContain('No user is like that.')
  })

  test('a user is made by the subject that the provider has for it', async () => {
    const trial = await startTrialPortal({ database, portalProvider: PROVIDER })
    const owner = await trial.ownersBrowser()
    await owner.submit(await owner.get('/portal/users'), '/portal/users', {
      displayName: 'ada@example.com',
      value: 'Ada-1',
    })
    const { body } = await trial.ask('/landfast/v1/users')
    expect(body.value).toEqual([
      expect.objectContaining({ displayName: 'ada@example.com', subject: 'Ada-1', issuer: PROVIDER.issuer }),
    ])
  })
})

test('who may not see users and groups is told so', async () => {
  const trial = await startTrialPortal()
  const browser = trial.openBrowser()
  await browser.signIn(await trial.addApplication())
  const { status, text } = await browser.get('/portal/users')
  expect([status, text.includes('may not see them'), text.includes('<form method="post"')]).toEqual([
    200,
    true,
    false,
  ])
})

test('two that are called the same are not taken for one another, and both are named', async () => {
  const trial = await startTrialPortal({ portalProvider: PROVIDER })
  const owner = await trial.ownersBrowser()
  const application = { method: 'POST', json: { displayName: 'twin' } }
  await trial.ask('/landfast/v1/service-principals', application)
  const group = { method: 'POST', json: { displayName: 'twin', claimValue: 'twin' } }
  await trial.ask('/landfast/v1/groups', group)
  const refused = await owner.submit(await owner.get('/portal/roles'), '/portal/roles', {
    principal: 'twin',
    role: ROLE.reader,
    scope: '/',
  })
  expect(refused.status).toBe(400)
  expect(refused.text).toMatch(
    /Several have this name: the application .*>twin<.* with the client id <code>[\da-f-]{36}</,
  )
  expect(refused.text).toMatch(/the group .*>twin<.* with the object id <code>[\da-f-]{36}</)
  expect(refused.text).toContain('name="principal" value="twin"')
})

test('where no provider is set the page says so, which setting names one, and offers no form', async () => {
  const seen = async (options: Parameters<typeof startTrialPortal>[0]) => {
    const owner = await (await startTrialPortal(options)).ownersBrowser()
    const { text } = await owner.get('/portal/groups')
    return ['<code>portal-oidc-issuer</code>', 'Make the group'].map((what) => text.includes(what))
  }
  expect(await seen({})).toEqual([true, false])
  expect(await seen({ portalProvider: PROVIDER })).toEqual([false, true])
})
