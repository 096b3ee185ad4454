import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createProxies, parseProxyUrl } from '@landfast/server/proxy'
import { describe, expect, test } from 'vitest'
import { AUDIT_ACTIONS } from '../../audit/audit-entry.ts'
import { DATABASES } from '../../testing/trial-database.ts'
import { PROVIDER } from '../../testing/trial-people.ts'
import { startTrialPortal, type TrialPage } from '../../testing/trial-portal.ts'
import { ROLE } from '../../testing/trial-resource-manager.ts'
import { HOW_SHOWN } from '../settings-route.ts'
import { SETTING_LABELS } from './settings.ts'

describe.each(DATABASES)('on %s', (database) => {
  test('the trail says who did what with which machine, newest first, and as a file oldest first', async () => {
    const trial = await startTrialPortal({ database })
    await trial.enrolMachine('web-1')
    const owner = await trial.ownersBrowser()
    const resourceId = `/subscriptions/${trial.subscriptionId}/resourceGroups/shop/providers/Microsoft.HybridCompute/machines/web-1`
    for (const verb of ['disable', 'enable']) {
      trial.clock.advance(1)
      await trial.ask(`/landfast/v1/machines/${verb}`, { method: 'POST', json: { resourceId } })
    }
    const query = `machine=web-1&caller=${trial.owner.clientId}&outcome=done`
    const { text } = await owner.get(`/portal/audit?${query}`)
    const actions = Array.from(
      text.matchAll(/<span class="what"><bdi>([\w-]+)<\/bdi>/g),
      ([, action]) => action,
    )
    expect(actions.slice(0, 2)).toEqual(['enable-machine', 'disable-machine'])
    const file = await owner.get(`/portal/audit/export?${query}`)
    expect(file.headers).toMatchObject({
      'content-type': 'application/jsonl; charset=utf-8',
      'content-disposition': expect.stringMatching(/^attachment; filename="audit-\d{4}-\d\d-\d\d\.jsonl"$/),
    })
    const entries = file.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(entries.map(({ action }) => action).slice(-2)).toEqual(['disable-machine', 'enable-machine'])
  })
})

describe.each(DATABASES)('on %s', (database) => {
  test('who got a token yesterday for a machine is two clicks away from its page, and in the file', async () => {
    const trial = await startTrialPortal({ database })
    const { machine, clientId } = trial.owner
    trial.clock.advance(86_400)
    const browser = trial.openBrowser()
    await browser.signIn(await trial.addApplication({ id: ROLE.owner, scope: '/' }))
    await trial.tokenFor(machine, 'https://today.example')
    const get = async (link: string) => browser.get(link.replaceAll('&amp;', '&'))
    const linkTo = ({ text }: TrialPage, name: string) =>
      new RegExp(`<a href="([^"]*)"[^>]*>${name}</a>`).exec(text)?.[1] ?? ''
    const page = await get(`/portal${machine.identity.resourceId}`)
    const trail = await get(linkTo(page, 'The audit trail of this machine'))
    const today = await get(linkTo(trail, 'Today'))
    const yesterday = await get(linkTo(trail, 'Yesterday'))
    await expect.poll(async () => (await get(linkTo(trail, 'Today'))).text).toContain('https://today.example')
    expect(today.text).toMatch(/<a href="[^"]*" aria-current="true">Today<\/a>/)
    expect(yesterday.text).toContain('issue-token')
    expect(yesterday.text).toContain(clientId)
    expect(yesterday.text).not.toContain('https://today.example')
    const file = await get(linkTo(yesterday, 'Save these entries as a file'))
    const audiences = file.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).audience)
    expect(audiences).toContain('https://management.azure.com')
    expect(audiences).not.toContain('https://today.example')
  })

  test('who got a token for an audience is asked by the audience, in any case and with a slash at its end or without', async () => {
    const trial = await startTrialPortal({ database })
    const { machine } = trial.owner
    const owner = await trial.ownersBrowser()
    await trial.tokenFor(machine, 'https://vault.example/')
    await trial.tokenFor(machine, 'https://other.example')
    const ask = (audience: string) => owner.get(`/portal/audit?${new URLSearchParams({ audience })}`)
    for (const audience of ['https://vault.example', 'https://VAULT.example/']) {
      const { text } = await ask(audience)
      expect([audience, text.includes('https://vault.example/</bdi>')]).toEqual([audience, true])
      expect(text).not.toContain('https://other.example</bdi>')
      expect(text).toContain(`name="audience" value="${audience}"`)
      const { location = '' } = (await owner.get(`/portal/find?${new URLSearchParams({ q: audience })}`))
        .headers as { location?: string }
      expect(location).toContain(`/portal/audit?${new URLSearchParams({ audience })}&from=`)
      const file = await owner.get(location.replace('/audit?', '/audit/export?'))
      expect(file.text.trim().split('\n')).toHaveLength(1)
    }
    expect((await ask('https://vault')).text).toContain('No entry fits.')
    expect((await owner.get('/portal/find?q=https://vault')).status).toBe(404)
  })

  test('each entry has its time in UTC, for programs as well, and how long ago that is', async () => {
    const trial = await startTrialPortal({ database })
    const owner = await trial.ownersBrowser()
    const [entry] = (await trial.ask('/landfast/v1/audit?action=create-administrator')).body.value
    const shown = `${entry.time.slice(0, 19).replace('T', ' ')} UTC`
    trial.clock.advance(60)
    expect((await owner.get('/portal/audit?action=create-administrator')).text).toContain(
      `<time datetime="${entry.time}">${shown}</time> <span class="small">(1 minute ago)</span>`,
    )
  })

  test('the pages of a list follow each other while new entries come', async () => {
    const trial = await startTrialPortal({ database })
    const owner = await trial.ownersBrowser()
    const group = (count: number) =>
      trial.ask(`/subscriptions/${trial.subscriptionId}/resourceGroups/g${count}?api-version=2021-04-01`, {
        method: 'PUT',
        json: { location: 'here' },
      })
    for (let count = 0; count < 60; count += 1) await group(count)
    trial.clock.advance(1)
    const first = await owner.get('/portal/audit?action=create-resource-group')
    trial.clock.advance(1)
    await group(60)
    const [, next = ''] = /<a rel="next" href="([^"]*)">/.exec(first.text) ?? []
    const second = await owner.get(next.replaceAll('&amp;', '&'))
    const seen = [first, second].flatMap(({ text }) =>
      Array.from(text.matchAll(/resourceGroups\/(g\d+)</g), ([, name]) => name),
    )
    expect([seen.length, new Set(seen).size, seen.includes('g60')]).toEqual([60, 60, false])
  })
})

test('a trail of a day in which nothing happened offers longer times, with the same filter', async () => {
  const trial = await startTrialPortal()
  await trial.enrolMachine('web-1')
  trial.clock.advance(20 * 86_400)
  const browser = trial.openBrowser()
  await browser.signIn(await trial.addApplication({ id: ROLE.owner, scope: '/' }))
  const { text } = await browser.get('/portal/audit?machine=web-1&action=enrol-machine')
  const [, empty = ''] = /<div class="empty">(.*?)<\/div>/s.exec(text) ?? []
  const offered = Array.from(
    empty.matchAll(/<a href="([^"]*)">([^<]*)<\/a>/g),
    ([, href = '', name]) => [name, href.replaceAll('&amp;', '&')] as const,
  )
  expect(offered.map(([name]) => name)).toEqual(['7 days', '30 days', '90 days'])
  const shows = offered.map(async ([, href]) =>
    (await browser.get(href)).text.includes('<bdi>enrol-machine</bdi>'),
  )
  expect(await Promise.all(shows)).toEqual([false, true, true])
})

test('the links below the last seven days of a machine show at least those days', async () => {
  const trial = await startTrialPortal()
  const { identity } = await trial.enrolMachine('web-1')
  trial.clock.advance(6 * 86_400)
  const browser = trial.openBrowser()
  await browser.signIn(await trial.addApplication({ id: ROLE.owner, scope: '/' }))
  const { text } = await browser.get(`/portal${identity.resourceId}`)
  for (const name of ['The audit trail of this machine', '30 days', '90 days']) {
    const [, href = ''] = new RegExp(`<a href="([^"]*)">${name}</a>`).exec(text) ?? []
    expect([name, (await browser.get(href.replaceAll('&amp;', '&'))).text.includes('enrol-machine')]).toEqual(
      [name, true],
    )
  }
})

test('the overview leads to each refusal, and to all with the same code', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  await trial.openBrowser().signIn({ ...(await trial.addApplication()), secret: 'wrong' })
  const overview = async () => (await owner.get('/portal')).text
  await expect.poll(overview).toContain('code=7000215')
  const hrefs = Array.from((await overview()).matchAll(/<a href="([^"]*)"/g), ([, href = '']) =>
    href.replaceAll('&amp;', '&'),
  )
  for (const part of ['code=7000215', '/portal/audit?id=', '/portal/audit?correlationId=']) {
    const { text } = await owner.get(hrefs.find((href) => href.includes(part)) ?? '')
    expect([part, text.includes('<bdi>7000215</bdi>')]).toEqual([part, true])
  }
  const other = (await owner.get('/portal/audit?code=50027')).text
  expect([other.includes('name="code" value="50027"'), other.includes('No entry fits.')]).toEqual([
    true,
    true,
  ])
})

test('the last hour goes on, in its link, its form and its file', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const { text } = await owner.get('/portal/audit?action=enrol-machine&from=2026-01-01&to=2026-01-02')
  const [, link = ''] = /<a href="([^"]*)">Last hour<\/a>/.exec(text) ?? []
  const path = link.replaceAll('&amp;', '&')
  expect(path).toBe('/portal/audit?action=enrol-machine&span=hour')
  for (const minutes of [0, 30]) {
    trial.clock.advance(minutes * 60)
    await trial.enrolMachine(`web-${minutes}`)
    const page = await owner.get(path)
    expect([minutes, page.text.includes(`<bdi>web-${minutes}</bdi>`)]).toEqual([minutes, true])
    expect(page.text).toContain('<input type="hidden" name="span" value="hour">')
    expect(page.text).toContain('name="from" value=""')
    expect(page.text).toContain('aria-current="true">Last hour')
    expect(page.text).toContain('href="/portal/audit/export?action=enrol-machine&amp;span=hour"')
  }
})

test('no address in the trail changes with the clock alone', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const { identity } = await trial.enrolMachine('web-1')
  // So that some minutes more are the same day.
  const left = 86_400 - ((trial.clock.now().getTime() / 1_000) % 86_400)
  if (left < 600) trial.clock.advance(left)
  const links = async (path: string) =>
    Array.from((await owner.get(path)).text.matchAll(/href="(\/portal\/audit[^"]*)"/g), ([, href]) => href)
  for (const path of [
    '/portal/audit',
    '/portal/audit?span=hour',
    '/portal',
    `/portal${identity.resourceId}`,
  ]) {
    const before = await links(path)
    trial.clock.advance(61)
    expect([path, await links(path)]).toEqual([path, before])
  }
})

test('an id that no entry has is said to have none, in the trail from its beginning', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  const { text } = await owner.get('/portal/audit?correlationId=00000000-0000-4000-8000-000000000000')
  expect(text).toContain('From the beginning of the trail')
  expect(text).toContain('look for the id in the log of the control plane')
})

test('a name that nobody ever had is said to be one beside its field, and nothing that was typed is lost', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  for (const [name, sentence] of [
    ['caller', 'Nobody has, or had, this name or id.'],
    ['machine', 'No machine has, or had, this name or id.'],
  ] as const) {
    const query = new URLSearchParams({ [name]: '<b>nobody', code: '7000112', action: 'issue-token' })
    const { status, text } = await owner.get(`/portal/audit?${query}`)
    expect([status, text.includes('<b>nobody'), text.includes(sentence)]).toEqual([400, false, true])
    expect(text).toContain(
      `name="${name}" value="&lt;b&gt;nobody" spellcheck="false" aria-invalid="true" aria-describedby="wrong-${name}"`,
    )
    expect(text).toContain('name="code" value="7000112"')
    expect(text).toContain('<h1><bdi>Audit')
  }
})

test('who asked, whose identity it was and the resource are links where there is a page', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const { identity } = await trial.enrolMachine('web-1')
  const { text } = await owner.get('/portal/audit?action=enrol-machine&machine=web-1')
  expect(text).toContain(`<a href="/portal${identity.resourceId}"><bdi>${identity.resourceId}</bdi></a>`)
  const [, href = ''] = /<a href="(\/portal\/find\?q=[^"]*)"><bdi>web-1<\/bdi><\/a>/.exec(text) ?? []
  expect((await owner.get(href)).headers.location).toBe(`/portal${identity.resourceId}`)
})

test('the only entry that a search finds is open', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  for (const name of ['web-1', 'web-2']) await trial.enrolMachine(name)
  const open = async (query: string) =>
    (await owner.get(`/portal/audit?${query}`)).text.match(/<details open>/g)?.length ?? 0
  expect(await open('action=enrol-machine&machine=web-1')).toBe(1)
  expect(await open('action=enrol-machine')).toBe(0)
})

test('actions and codes are found in any case, and a code with AADSTS before it', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  await trial.enrolMachine('web-1')
  await trial.openBrowser().signIn({ ...(await trial.addApplication()), secret: 'wrong' })
  const shows = async (query: string, text: string) =>
    (await owner.get(`/portal/audit?${query}`)).text.includes(`<bdi>${text}</bdi>`)
  await expect.poll(() => shows('code=AADSTS7000215', '7000215')).toBe(true)
  expect(await shows('code=aadsts7000215', '7000215')).toBe(true)
  expect(await shows('action=Enrol-MACHINE', 'enrol-machine')).toBe(true)
  const reader = await trial.addCaller({ id: ROLE.reader, scope: '/' })
  const path = `/subscriptions/${trial.subscriptionId}/resourceGroups/new?api-version=2021-04-01`
  await trial.ask(path, { method: 'DELETE', as: reader })
  const action = 'Microsoft.Resources/subscriptions/resourceGroups/delete'
  expect(await shows(`action=${action.toUpperCase()}&code=authorizationfailed`, action)).toBe(true)
})

test('every action of ours is offered to who types one', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  const { text } = await owner.get('/portal/audit')
  for (const action of AUDIT_ACTIONS) expect(text).toContain(`<option value="${action}">`)
})

test('a trail that was opened from a machine names the machine, and means that one until another is typed', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const { identity } = await trial.enrolMachine('web-1')
  const { text } = await owner.get(`/portal/audit?${new URLSearchParams({ machine: identity.resourceId })}`)
  expect(text).toContain('<h1><bdi>Audit of web-1</bdi></h1>')
  expect(text).toContain('name="machine" value="web-1"')
  const sent = { machineId: identity.resourceId, action: 'enrol-machine' }
  const same = await owner.get(`/portal/audit?${new URLSearchParams({ ...sent, machine: 'web-1' })}`)
  expect(same.text).toContain(`name="machineId" value="${identity.resourceId}"`)
  const other = await owner.get(`/portal/audit?${new URLSearchParams({ ...sent, machine: 'web-7' })}`)
  expect([other.status, other.text.includes('name="machineId"')]).toEqual([400, false])
})

test('a refused token says why in words', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  await trial.openBrowser().signIn({ ...(await trial.addApplication()), secret: 'wrong' })
  const text = async () => (await owner.get('/portal/audit?outcome=refused')).text
  await expect
    .poll(text)
    .toContain('<bdi>7000215</bdi> no client of this tenant has this client id and secret')
})

test('what is no time is not asked for: the page says which time it shows', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const day = new Date(trial.clock.now().getTime() - 86_400_000).toISOString().slice(0, 16).replace('T', ' ')
  for (const time of ['-271821-04-20T00:00:00Z', '+275760-09-13T00:00:00Z', 'x', '']) {
    const { status, text } = await owner.get(`/portal/audit?${new URLSearchParams({ from: time, to: time })}`)
    expect([time, status, text.includes(`${day}:00 UTC</time>`)]).toEqual([time, 200, true])
  }
})

test('keys are shown, and a new one is made; that tokens become worthless has to be typed', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const page = await owner.get('/portal/keys')
  expect(page.text).toContain('<span class="badge good">now</span>')
  expect((await owner.submit(page, '/portal/keys/rotate', { urgency: 'compromised' })).status).toBe(400)
  const before = (await trial.ask('/landfast/v1/signing-keys')).body.value.length
  expect((await owner.submit(page, '/portal/keys/rotate', { urgency: 'planned' })).status).toBe(303)
  expect((await trial.ask('/landfast/v1/signing-keys')).body.value).toHaveLength(before + 1)
})

test('the page of the keys has the certificates of the server and of the CA, as openssl shows them', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const ca = new X509Certificate(await readFile(trial.controlPlane.caFile))
  const { text } = await owner.get('/portal/keys')
  expect(text).toContain(`<code><bdi>${ca.fingerprint256}</bdi></code>`)
  expect(text).toContain('DNS:localhost')
  const { body } = await trial.ask('/landfast/v1/certificates')
  expect(body.value).toMatchObject([
    { use: 'server', issuer: ca.subject.replace('\n', ', '), expiresAt: expect.any(String) },
    {
      use: 'authority',
      signs: true,
      fingerprint: ca.fingerprint256,
      'x5t#S256': createHash('sha256').update(ca.raw).digest('base64url'),
      expiresAt: ca.validToDate.toISOString(),
    },
  ])
  const reader = await trial.addCaller({ id: ROLE.reader, scope: `/subscriptions/${trial.subscriptionId}` })
  expect((await trial.ask('/landfast/v1/certificates', { as: reader })).status).toBe(403)
})

test('settings are shown without any secret', async () => {
  const trial = await startTrialPortal({ encryptionKey: Buffer.alloc(32, 'hidden').toString('base64') })
  const owner = await trial.ownersBrowser()
  const { text } = await owner.get('/portal/settings')
  expect(text).toContain('<dt>Tokens are good for (seconds)</dt><dd><bdi>3600</bdi></dd>')
  expect(text).not.toContain(Buffer.alloc(32, 'hidden').toString('base64'))
})

test('settings of the provider and of the proxy are shown without secret and password', async () => {
  const proxy = parseProxyUrl('http://someone:MARKED-PASSWORD@proxy.example.com:3128')
  const trial = await startTrialPortal({
    portalProvider: { ...PROVIDER, clientSecret: 'MARKED-SECRET', groupsClaim: 'teams' },
    proxies: createProxies({ proxy }, {}),
  })
  const { text } = await (await trial.ownersBrowser()).get('/portal/settings')
  for (const [label, value] of [
    ['People sign in here by', PROVIDER.issuer],
    ['Client id there', PROVIDER.clientId],
    ['Claim of the groups there', 'teams'],
    ['Scopes that are asked for there', 'openid, profile'],
  ]) {
    expect(text).toContain(`<dt>${label}</dt><dd><bdi>${value}</bdi></dd>`)
  }
  expect(text).toContain('http://proxy.example.com:3128')
  expect(text).not.toMatch(/MARKED|someone/)
})

test('each setting is on the page, or in the list of those that are not, with the reason', () => {
  const shown = Object.entries(HOW_SHOWN).filter(([, how]) => how === 'as it is')
  expect(shown.filter(([name]) => !Object.hasOwn(SETTING_LABELS, name))).toEqual([])
  const reasons = new Set<string>(Object.values(HOW_SHOWN))
  expect([...reasons].toSorted()).toEqual([
    'as it is',
    'in part',
    'inner address',
    'known',
    'no setting',
    'path',
    'secret',
  ])
})

test('whoever reads a subscription alone sees no settings, keys or trail, and is told why', async () => {
  const trial = await startTrialPortal()
  const browser = trial.openBrowser()
  await browser.signIn(
    await trial.addApplication({ id: ROLE.reader, scope: `/subscriptions/${trial.subscriptionId}` }),
  )
  for (const path of ['/portal/settings', '/portal/keys', '/portal/audit']) {
    const { status, text } = await browser.get(path)
    expect([path, status, text.includes('You may not do this')]).toEqual([path, 403, true])
  }
  expect((await browser.get('/portal')).status).toBe(200)
})
