import { describe, expect, test } from 'vitest'
import { fillRegistry, principalOf } from '../../../testing/filled-registry.ts'
import { createClock, makeKeys } from '../../../testing/trial.ts'
import { DATABASES } from '../../../testing/trial-database.ts'
import { formFields, startTrialPortal, type TrialPortal } from '../../../testing/trial-portal.ts'
import { ROLE } from '../../../testing/trial-resource-manager.ts'

const MARKUP = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`
const TURNED = 'safe\u202eexe.txt'

const groupOf = ({ subscriptionId }: TrialPortal) => `/subscriptions/${subscriptionId}/resourceGroups/shop`

const machineAt = (trial: TrialPortal, name: string) =>
  `${groupOf(trial)}/providers/Microsoft.HybridCompute/machines/${name}`

const pageOf = (trial: TrialPortal, name: string) => `/portal${machineAt(trial, name)}`

const asAPI = (path: string) => `${path}?api-version=2025-01-13`

/** Gives a machine tags past the portal. */
async function tag(trial: TrialPortal, name: string, tags: Record<string, string>): Promise<void> {
  const { status } = await trial.ask(asAPI(machineAt(trial, name)), { method: 'PATCH', json: { tags } })
  expect(status).toBe(200)
}

describe.each(DATABASES)('on %s', (database) => {
  test('the list has each machine with its status, and is narrowed by status, group and tag', async () => {
    const trial = await startTrialPortal({ database })
    const machine = await trial.enrolMachine('web-1')
    await trial.enrolMachine('web-2')
    await trial.beat(machine, machine.nonce)
    await tag(trial, 'web-2', { env: 'prod' })
    const owner = await trial.ownersBrowser()
    const names = async (query: string) => {
      const { text } = await owner.get(`/portal/machines${query}`)
      return Array.from(
        text.matchAll(/<a href="\/portal\/subscriptions[^"]*\/(web-\d)">/g),
        ([, name]) => name,
      )
    }
    expect(await names('')).toEqual(['web-1', 'web-2'])
    expect(await names('?status=Connected')).toEqual(['web-1'])
    expect(await names('?status=Disabled')).toEqual([])
    expect(await names('?tag=env%3Dprod')).toEqual(['web-2'])
    expect(await names('?tag=env:+prod')).toEqual(['web-2'])
    expect(await names('?tag=ENV')).toEqual(['web-2'])
    expect(await names('?group=shop')).toEqual(['web-1', 'web-2'])
    expect(await names('?q=WEB-2')).toEqual(['web-2'])
    expect(await names(`?q=${machine.identity.clientId}`)).toEqual(['web-1'])
    expect(await names('?order=heartbeat&group=shop')).toEqual(['web-2', 'web-1'])
    expect(await names('?order=none')).toEqual(['web-1', 'web-2'])
  })

  test('of many machines the last is found by a tag, and where that takes long the page says how far it has looked', async () => {
    const { now, advance } = createClock()
    let readSeconds = 0
    const movingClock = () => {
      advance(readSeconds)
      return now()
    }
    const trial = await startTrialPortal({ database, now: movingClock })
    await fillRegistry(trial.storage, 6_000, { place: trial })
    await trial.storage.db
      .updateTable('machine')
      .set({ tags: '{"rare":"yes"}' })
      .where('principal_id', '=', principalOf(5_999))
      .execute()
    const owner = await trial.ownersBrowser()
    const found = await owner.get('/portal/machines?tag=rare%3Dyes')
    expect([found.text.includes('m10005999'), found.text.includes('None among')]).toEqual([true, false])
    expect((await owner.get('/portal/machines?tag=rare%3Dno')).text).toContain('No machine is like that.')
    readSeconds = 1
    const looks: boolean[] = []
    for (let path: string | undefined = '/portal/machines?tag=rare&done=deleted'; path; ) {
      const { text } = await owner.get(path)
      expect(text).not.toContain('No machine is like that.')
      looks.push(text.includes('m10005999'))
      const [, next] = /<a class="button" rel="next" href="([^"]*)">Look further/.exec(text) ?? []
      expect(next ?? '').not.toContain('done')
      path = next?.replaceAll('&amp;', '&')
    }
    expect(looks).toEqual([false, false, true])
  })

  test('of many machines the one that is disabled is on the first page, wherever it stands', async () => {
    const trial = await startTrialPortal({ database })
    await fillRegistry(trial.storage, 3_000, { place: trial })
    await trial.storage.db
      .updateTable('principal')
      .set({ state: 'disabled' })
      .where('id', '=', principalOf(2_999))
      .execute()
    const { body } = await trial.ask(
      `/subscriptions/${trial.subscriptionId}/providers/Microsoft.HybridCompute/machines?${new URLSearchParams({ 'api-version': '2025-01-13', $filter: "properties/statusReason eq 'Disabled'" })}`,
    )
    expect(body.value.map(({ name }: { name: string }) => name)).toEqual(['m10002999'])
    const owner = await trial.ownersBrowser()
    expect((await owner.get('/portal/machines?status=Disabled')).text).toContain('m10002999')
  })

  test('the overview counts the machines by their status, and leads to each', async () => {
    const trial = await startTrialPortal({ database })
    const owner = await trial.ownersBrowser()
    const machine = await trial.enrolMachine('web-1')
    await trial.beat(machine, machine.nonce)
    const { text } = await owner.get('/portal')
    expect(text).toContain('<a href="/portal/machines?status=Connected"><strong>1</strong> Connected</a>')
    expect(text).toContain('None has ended, and none ends within 30 days.')
  })

  test('a machine is disabled and enabled, and the trail says who did it', async () => {
    const trial = await startTrialPortal({ database })
    await trial.enrolMachine()
    const application = await trial.addApplication({ id: ROLE.owner, scope: '/' })
    const browser = trial.openBrowser()
    await browser.signIn(application)
    const path = pageOf(trial, 'web-1')
    const disabled = await browser.submit(await browser.get(path), `${path}/disable`)
    expect([disabled.status, disabled.headers.location]).toEqual([303, `${path}?done=disable`])
    const page = await browser.get(`${path}?done=disable`)
    expect(page.text).toContain('<span class="badge bad">Disabled: no tokens</span>')
    expect(page.text).toContain('You disabled the machine: it gets no more tokens until it is enabled.')
    const enabled = await browser.submit(page, `${path}/enable`)
    expect(enabled.headers.location).toBe(`${path}?done=enable`)
    const { body } = await trial.ask(`/landfast/v1/audit?caller=${application.clientId}&machine=web-1`)
    expect(body.value.map(({ action }: { action: string }) => action).toSorted()).toEqual([
      'disable-machine',
      'enable-machine',
    ])
  })

  test('the page of a machine that is accepted as restored says until when that is open', async () => {
    const trial = await startTrialPortal({ database })
    await trial.enrolMachine()
    const owner = await trial.ownersBrowser()
    const path = pageOf(trial, 'web-1')
    const page = await owner.get(path)
    expect(page.text).not.toContain('Open until')
    expect(page.text).toContain('<button class="plain">Accept</button>')
    expect((await owner.submit(page, `${path}/accept-restored`)).status).toBe(303)
    const until = new Date(trial.clock.now().getTime() + 3_600_000).toISOString()
    expect((await owner.get(path)).text).toContain(`Open until <time datetime="${until}">`)
    trial.clock.advance(3_599)
    expect((await owner.get(path)).text).toContain('Open until')
    trial.clock.advance(1)
    await owner.signIn(await trial.addApplication({ id: ROLE.owner, scope: '/' }))
    const after = await owner.get(path)
    expect([after.status, after.text.includes('Open until')]).toEqual([200, false])
  })

  test('a machine is deleted by who types its name, and by nobody who mistypes it', async () => {
    const trial = await startTrialPortal({ database })
    await trial.enrolMachine()
    const owner = await trial.ownersBrowser()
    const path = pageOf(trial, 'web-1')
    const page = await owner.get(path)
    const mistyped = await owner.submit(page, `${path}/delete`, { name: 'web-2' })
    expect([mistyped.status, mistyped.text.includes('name_mistyped')]).toEqual([400, true])
    expect((await trial.ask(asAPI(machineAt(trial, 'web-1')))).status).toBe(200)
    const deleted = await owner.submit(page, `${path}/delete`, { name: 'WEB-1' })
    expect(deleted.status).toBe(303)
    expect((await owner.get(String(deleted.headers.location))).text).toContain(
      'The machine <bdi>web-1</bdi> is deleted.',
    )
    expect((await trial.ask(asAPI(machineAt(trial, 'web-1')))).status).toBe(404)
  })

  test('of two people who change the tags of one machine the second is told, and keeps what was typed', async () => {
    const trial = await startTrialPortal({ database })
    await trial.enrolMachine()
    const [first, second] = [await trial.ownersBrowser(), await trial.ownersBrowser()]
    const path = pageOf(trial, 'web-1')
    const [seenByFirst, seenBySecond] = [await first.get(path), await second.get(path)]
    await first.submit(seenByFirst, `${path}/tags`, { tags: 'owner=first' })
    const lost = await second.submit(seenBySecond, `${path}/tags`, { tags: 'owner=second' })
    expect(lost.status).toBe(412)
    expect(lost.text).toContain('Somebody else was faster')
    expect(lost.text).toContain('<bdi>owner=second</bdi>')
    expect(lost.text).toContain(`<a href="${path}">Look at it as it is now</a>`)
    const { body } = await trial.ask(asAPI(machineAt(trial, 'web-1')))
    expect(body.tags).toEqual({ owner: 'first' })
  })

  test('a role that is taken away between page and form is worth nothing any more', async () => {
    const trial = await startTrialPortal({ database })
    await trial.enrolMachine()
    const application = await trial.addApplication({ id: ROLE.owner, scope: groupOf(trial) })
    const browser = trial.openBrowser()
    await browser.signIn(application)
    const path = pageOf(trial, 'web-1')
    const page = await browser.get(path)
    await trial.storage.db
      .deleteFrom('role_assignment')
      .where('principal_id', '=', application.principalId)
      .execute()
    const refused = await browser.submit(page, `${path}/disable`)
    expect([refused.status, refused.text.includes('AuthorizationFailed')]).toEqual([403, true])
    expect(refused.text).toContain('You may not do this')
    expect((await browser.get(path)).status).toBe(403)
  })
})

test('a list that is longer than a page goes on where it ended, and back to its beginning', async () => {
  const trial = await startTrialPortal()
  for (let count = 10; count < 63; count += 1) {
    await trial.registry.registerMachine({
      name: `web-${count}`,
      resourceGroup: 'shop',
      publicKey: (await makeKeys()).publicKey,
    })
  }
  const owner = await trial.ownersBrowser()
  const first = await owner.get('/portal/machines?group=shop')
  const [, next = ''] = /<a rel="next" href="([^"]*)">/.exec(first.text) ?? []
  const second = await owner.get(next.replaceAll('&amp;', '&'))
  expect([first.text.includes('web-59'), first.text.includes('web-60')]).toEqual([true, false])
  expect([second.text.includes('web-59'), second.text.includes('web-60')]).toEqual([false, true])
  expect(second.text).toContain('<a href="/portal/machines?group=shop">First page</a>')
  const afterDeletion = await owner.get('/portal/machines?group=shop&done=deleted&what=old')
  expect(afterDeletion.text).toContain('The machine <bdi>old</bdi> is deleted.')
  expect(afterDeletion.text).not.toMatch(/href="[^"]*done/)
})

test('whoever has no role sees what would help', async () => {
  const trial = await startTrialPortal()
  const browser = trial.openBrowser()
  await browser.signIn(await trial.addApplication())
  const { status, text } = await browser.get('/portal/machines')
  expect([status, text.includes('You see no subscription')]).toEqual([200, true])
})

test('where there is no machine yet, the page says how one comes', async () => {
  const trial = await startTrialPortal()
  const browser = trial.openBrowser()
  const group = groupOf(trial)
  await trial.ask(`${group}?api-version=2021-04-01`, { method: 'PUT', json: { location: 'here' } })
  await browser.signIn(await trial.addApplication({ id: ROLE.reader, scope: '/' }))
  const filtered = await browser.get('/portal/machines?group=shop')
  expect(filtered.text).toContain('No machine is like that.')
})

test('a reader sees a machine without the forms that would be refused, and is refused what it sends all the same', async () => {
  const trial = await startTrialPortal()
  await trial.enrolMachine()
  const browser = trial.openBrowser()
  await browser.signIn(await trial.addApplication({ id: ROLE.reader, scope: groupOf(trial) }))
  const path = pageOf(trial, 'web-1')
  const page = await browser.get(path)
  expect([page.status, page.text.includes('Your account may not read the audit trail.')]).toEqual([200, true])
  expect(page.text.match(/<form method="post"/g) ?? []).toEqual([])
  expect(page.text).toContain('Azure Connected Machine Resource Administrator')
  const { formToken = '' } = formFields(page, '/portal/sign-out')
  const refused = await browser.post(`${path}/disable`, { formToken })
  expect(refused.status).toBe(403)
  const roles =
    'Each of these roles allows it: Owner, Contributor, Azure Connected Machine Resource Administrator.'
  expect(refused.text).toContain(roles)
})

test('whoever may read one resource group alone finds its machines, and is asked for the group elsewhere', async () => {
  const trial = await startTrialPortal()
  await trial.enrolMachine('web-1')
  const browser = trial.openBrowser()
  await browser.signIn(await trial.addApplication({ id: ROLE.reader, scope: groupOf(trial) }))
  for (const path of ['/portal/machines', '/portal/identities', '/portal/roles', '/portal/join']) {
    expect([path, (await browser.get(path)).status]).toEqual([path, 200])
  }
  expect((await browser.get('/portal/machines')).text).toContain('Type a resource group')
  expect((await browser.get('/portal/roles')).text).toContain('Type a scope')
  expect((await browser.get('/portal/machines?group=shop')).text).toContain('<bdi>web-1</bdi>')
  expect((await browser.get('/portal/machines?group=other')).text).toContain('Your account may not see')
  const scope = new URLSearchParams({ scope: groupOf(trial) })
  expect((await browser.get(`/portal/roles?${scope}`)).text).toContain('<td><bdi>Reader</bdi></td>')
})

test('what tags and hosts say is text, however it is written', async () => {
  const trial = await startTrialPortal()
  await trial.enrolMachine()
  const properties = { osProfile: { computerName: MARKUP }, osType: TURNED, locationData: { name: MARKUP } }
  const odd = await trial.ask(asAPI(machineAt(trial, 'web-1')), { method: 'PATCH', json: { properties } })
  expect(odd.status).toBe(200)
  const reported = JSON.stringify({ ...properties, agentVersion: MARKUP, osSku: TURNED })
  await trial.storage.db
    .updateTable('machine')
    .set({ properties: reported })
    .where('name', '=', 'web-1')
    .execute()
  await tag(trial, 'web-1', { markup: MARKUP, turned: TURNED })
  const owner = await trial.ownersBrowser()
  for (const path of ['/portal/machines', pageOf(trial, 'web-1'), '/portal']) {
    // What a person edits stays as it is.
    const text = (await owner.get(path)).text.replace(/<textarea.*?<\/textarea>/s, '')
    expect(text).not.toMatch(/<script>|<img src=x|\u202e/)
    expect(text.match(/<script/g)).toHaveLength(1)
  }
  const { text } = await owner.get(pageOf(trial, 'web-1'))
  expect(text).toContain('<bdi>safe<span class="mark">[U+202E]</span>exe.txt</bdi>')
})

test('tags that hold anything come out of the form as they went in', async () => {
  const trial = await startTrialPortal()
  await trial.enrolMachine()
  const tags = { markup: `${MARKUP}</textarea>`, equals: 'a=b=c', empty: '' }
  await tag(trial, 'web-1', tags)
  const owner = await trial.ownersBrowser()
  const path = pageOf(trial, 'web-1')
  const page = await owner.get(path)
  const [, typed = ''] = /<textarea[^>]*>([^<]*)<\/textarea>/.exec(page.text) ?? []
  const decoded = typed
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
  await owner.submit(page, `${path}/tags`, { tags: decoded })
  expect((await trial.ask(asAPI(machineAt(trial, 'web-1')))).body.tags).toEqual(tags)
})

test('tags that a form would change are shown with the command instead, and a form that was open already is refused', async () => {
  const trial = await startTrialPortal()
  await trial.enrolMachine()
  const owner = await trial.ownersBrowser()
  const path = pageOf(trial, 'web-1')
  const before = await owner.get(path)
  const tags = { 'a=b': 'c', note: 'one\ntwo' }
  await tag(trial, 'web-1', tags)
  const { text } = await owner.get(path)
  expect(text).toContain('<bdi>a=b</bdi>: <bdi>c</bdi>')
  expect(text).toContain(
    'landfast machine tag --resource-group &#39;shop&#39; --remove OTHER -- web-1 NAME=VALUE',
  )
  expect(text).not.toContain('<textarea')
  expect((await owner.submit(before, `${path}/tags`, { tags: '' })).status).toBe(412)
  expect((await trial.ask(asAPI(machineAt(trial, 'web-1')))).body.tags).toEqual(tags)
})

test('a name that stands twice in the form is refused, and what was typed is shown', async () => {
  const trial = await startTrialPortal()
  await trial.enrolMachine()
  const owner = await trial.ownersBrowser()
  const path = pageOf(trial, 'web-1')
  const { status, text } = await owner.submit(await owner.get(path), `${path}/tags`, { tags: 'env=a\nENV=b' })
  expect([status, text.includes('tag_twice'), text.includes('ENV=b')]).toEqual([400, true, true])
})

test('fifty tags as long as they may be go through the form', async () => {
  const trial = await startTrialPortal()
  await trial.enrolMachine()
  const owner = await trial.ownersBrowser()
  const path = pageOf(trial, 'web-1')
  const names = Array.from({ length: 50 }, (_, index) => `${index}:`.padEnd(512, ':'))
  const tags = Object.fromEntries(names.map((name) => [name, '+'.repeat(256)]))
  const lines = names.map((name) => `${name}=${tags[name]}`).join('\r\n')
  const { status } = await owner.submit(await owner.get(path), `${path}/tags`, { tags: lines })
  expect(status).toBe(303)
  expect((await trial.ask(asAPI(machineAt(trial, 'web-1')))).body.tags).toEqual(tags)
})

test('a form of one machine does nothing to another', async () => {
  const trial = await startTrialPortal()
  await trial.enrolMachine('web-1')
  await trial.enrolMachine('web-2')
  const owner = await trial.ownersBrowser()
  const fields = formFields(await owner.get(pageOf(trial, 'web-1')), `${pageOf(trial, 'web-1')}/delete`)
  const { status } = await owner.post(`${pageOf(trial, 'web-2')}/delete`, { ...fields, name: 'web-2' })
  expect(status).toBe(412)
})

test('what was done is said to who did it, once, and by no link of another site', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const { host } = new URL(trial.controlPlane.url)
  const said = async (headers: Record<string, string>, path = '/portal/machines?done=deleted&what=old') =>
    (await owner.get(path, headers)).text.includes('is deleted.')
  expect(await said({ 'Sec-Fetch-Site': 'same-origin' })).toBe(true)
  // A browser without that header says which page led there.
  expect(await said({ Referer: `https://${host}/portal/machines` })).toBe(true)
  for (const headers of [
    {},
    { 'Sec-Fetch-Site': 'none' },
    { 'Sec-Fetch-Site': 'same-site', Referer: `https://${host}/portal` },
    { 'Sec-Fetch-Site': 'cross-site' },
    { Referer: `https://${host}.evil.example/portal` },
    { Referer: 'https://evil.example/' },
  ] as Record<string, string>[])
    expect(await said(headers), JSON.stringify(headers)).toBe(false)
  const back = new URLSearchParams({ back: '/portal/machines?done=deleted&what=old' })
  const signIn = await owner.get(`/portal/sign-in?${back}`)
  expect([signIn.status, signIn.headers.location]).toEqual([303, '/portal/machines'])
})

test('a word of the address that stands for nothing says nothing', async () => {
  const trial = await startTrialPortal()
  await trial.enrolMachine('web-1')
  const owner = await trial.ownersBrowser()
  for (const word of ['constructor', '__proto__', 'none']) {
    const { text } = await owner.get(`${pageOf(trial, 'web-1')}?done=${word}`)
    expect(text).not.toContain('notice good')
    expect((await owner.get(`/portal/machines?order=${word}`)).status).toBe(200)
  }
})

test('no name in a path leads to another route', async () => {
  const trial = await startTrialPortal()
  await trial.enrolMachine('web-1')
  const owner = await trial.ownersBrowser()
  const pages = ['/portal/applications/%2e%2e', pageOf(trial, '%2e%2e'), pageOf(trial, '%2e')]
  for (const page of pages) {
    const { status, text } = await owner.get(page)
    expect([page, status, text.includes('page_unknown')]).toEqual([page, 404, true])
  }
})

test('a machine that is not there has a page that says so', async () => {
  const trial = await startTrialPortal()
  await trial.enrolMachine()
  const owner = await trial.ownersBrowser()
  for (const name of ['none', '%3Cscript%3E', '..%2F..%2Ftenants', '%00', '%']) {
    const { status, text } = await owner.get(pageOf(trial, name))
    expect([name, status >= 400 && status < 500, text.includes('<script>')]).toEqual([name, true, false])
  }
})
