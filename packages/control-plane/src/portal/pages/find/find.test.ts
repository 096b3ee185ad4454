import { randomUUID, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { askForToken } from '../../../testing/trial.ts'
import { DATABASES, type TrialDatabase } from '../../../testing/trial-database.ts'
import { formFields, startTrialPortal, type TrialPage } from '../../../testing/trial-portal.ts'
import { ROLE } from '../../../testing/trial-resource-manager.ts'

async function start(database: TrialDatabase = 'sqlite') {
  const trial = await startTrialPortal({ database })
  const owner = await trial.ownersBrowser()
  const find = (q: string, browser = owner) => browser.get(`/portal/find?${new URLSearchParams({ q })}`)
  /** The page that something leads to. */
  const leadsTo = async (q: string) => (await find(q)).headers.location as string | undefined
  return { ...trial, browser: owner, find, leadsTo }
}

/** Where the links of a page lead. */
function links({ text }: TrialPage): string[] {
  return Array.from(text.matchAll(/<a href="([^"]*)"/g), ([, href = '']) => href.replaceAll('&amp;', '&'))
}

describe.each(DATABASES)('on %s', (database) => {
  test('the trace id and the correlation id of a refused token request lead to its entry, also in the whole message', async () => {
    const trial = await start(database)
    const { owner, controlPlane, clock, leadsTo } = trial
    const site = { controlPlane: controlPlane as never, clock }
    const { body } = await askForToken(owner.machine, site, { client_assertion: 'x' })
    const message: string = body.error_description
    const [, traceId = '', correlationId = ''] = /Trace ID: (\S+) Correlation ID: (\S+)/.exec(message) ?? []
    await expect.poll(() => leadsTo(traceId)).toBe(`/portal/audit?id=${traceId}`)
    expect(await leadsTo(message)).toBe(`/portal/audit?id=${traceId}`)
    clock.advance(3 * 86_400)
    const later = trial.openBrowser()
    await later.signIn(await trial.addApplication({ id: ROLE.owner, scope: '/' }))
    for (const q of [traceId, correlationId.toUpperCase(), correlationId.replaceAll('-', '')]) {
      const { location = '' } = (await trial.find(q, later)).headers as { location?: string }
      const page = await later.get(location)
      expect([q, page.text.includes('<bdi>50027</bdi>'), page.text.includes(traceId)]).toEqual([
        q,
        true,
        true,
      ])
    }
  })

  test('the correlation id of a command of Azure’s tools leads to what it changed', async () => {
    const { ask, subscriptionId, browser, leadsTo } = await start(database)
    const id = randomUUID()
    await ask(`/subscriptions/${subscriptionId}/resourceGroups/new?api-version=2021-04-01`, {
      ...{ method: 'PUT', json: { location: 'here' } },
      headers: { 'x-ms-correlation-request-id': id },
    })
    const location = await leadsTo(id)
    expect(location).toBe(`/portal/audit?correlationId=${id}`)
    expect((await browser.get(location ?? '')).text).toContain('create-resource-group')
  })

  test('the thumbprint of a machine’s certificate leads to the machine, in each way of writing it', async () => {
    const { ask, enrolMachine, leadsTo } = await start(database)
    const { identity } = await enrolMachine('web-1')
    const query = new URLSearchParams({ resourceId: identity.resourceId })
    const [{ 'x5t#S256': thumbprint }] = (await ask(`/landfast/v1/machines/certificates?${query}`)).body.value
    const hex = Buffer.from(thumbprint, 'base64url').toString('hex').toUpperCase()
    for (const q of [thumbprint, hex, hex.match(/../g)?.join(':') ?? '']) {
      expect(await leadsTo(q)).toBe(`/portal${identity.resourceId}`)
    }
  })

  test('the beginning of a name that several machines have shows them, and the whole name of one opens it', async () => {
    const { enrolMachine, find, leadsTo } = await start(database)
    const paths = []
    for (const name of ['web-1', 'web-12']) paths.push((await enrolMachine(name)).identity.resourceId)
    expect(await leadsTo('web-1')).toBe(`/portal${paths[0]}`)
    const page = await find('we')
    expect([page.status, links(page)]).toEqual([
      200,
      expect.arrayContaining(paths.map((path) => `/portal${path}`)),
    ])
  })
})

test('the id of a join token leads to its page, and the thumbprint of the CA to the page of the keys', async () => {
  const { ask, controlPlane, leadsTo } = await start()
  const { body } = await ask('/landfast/v1/join-tokens', { method: 'POST', json: { resourceGroup: 'shop' } })
  expect(await leadsTo(body.id)).toBe(`/portal/join/${body.id}`)
  const { fingerprint256 } = new X509Certificate(await readFile(controlPlane.caFile))
  expect(await leadsTo(fingerprint256)).toBe('/portal/keys')
})

test('the id of a token, whole or as the trail has it, leads to its entry', async () => {
  const trial = await start()
  const token = await trial.tokenFor(trial.owner.machine, 'https://other.example')
  const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  await expect.poll(() => trial.leadsTo(jti)).toBe(`/portal/audit?tokenId=${jti}`)
  expect(await trial.leadsTo(jti.slice(0, 12))).toBe(`/portal/audit?tokenId=${jti.slice(0, 12)}`)
  const { text } = await trial.browser.get(`/portal/audit?tokenId=${jti}`)
  expect([text.includes('https://other.example'), text.includes(`value="${jti}"`)]).toEqual([true, true])
  const other = await trial.browser.get(`/portal/audit?tokenId=${'A'.repeat(22)}`)
  expect(other.text).toContain('No entry fits.')
})

test('a code leads to what was refused with it, and what it means is said where nothing was', async () => {
  const trial = await start()
  await trial.openBrowser().signIn({ ...(await trial.addApplication()), secret: 'wrong' })
  await expect.poll(() => trial.leadsTo('AADSTS7000215')).toMatch(/^\/portal\/audit\?code=7000215&from=/)
  expect(await trial.leadsTo('7000215')).toBe(await trial.leadsTo('aadsts7000215'))
  for (const [q, meaning] of [
    ['AADSTS7000112', 'the client is disabled'],
    ['machinedisabled', 'disabled'],
  ] as const) {
    const { status, text } = await trial.find(q)
    expect([q, status, text.includes('means:'), text.includes(meaning)]).toEqual([q, 404, true, true])
  }
})

test('what was deleted is found in the trail, from the time when something happened with it', async () => {
  const trial = await start()
  const { identity } = await trial.enrolMachine('web-1')
  await trial.ask(`${identity.resourceId}?api-version=2025-01-13`, { method: 'DELETE' })
  trial.clock.advance(40 * 86_400)
  const browser = trial.openBrowser()
  await browser.signIn(await trial.addApplication({ id: ROLE.owner, scope: '/' }))
  for (const q of ['web-1', identity.principalId]) {
    const page = await trial.find(q, browser)
    const link = links(page).find((href) => href.startsWith('/portal/audit?machine=')) ?? ''
    expect([page.status, (await browser.get(link)).text.includes('delete-machine')]).toEqual([404, true])
  }
})

test('where nothing has an id the page says where else to look, and links to nothing', async () => {
  const { find } = await start()
  for (const q of ['none', randomUUID(), 'a'.repeat(3_000), "o'none", 'A'.repeat(43), '%', '()']) {
    const page = await find(q)
    expect([q, page.status, page.text.includes('journalctl -u landfast-control-plane')]).toEqual([
      q,
      404,
      true,
    ])
    expect(links(page).filter((href) => href.startsWith('/portal/audit?'))).toEqual([])
  }
})

test('an account that may not read the trail is told that it was not searched', async () => {
  const trial = await start()
  const browser = trial.openBrowser()
  await browser.signIn(
    await trial.addApplication({ id: ROLE.reader, scope: `/subscriptions/${trial.subscriptionId}` }),
  )
  const { status, text } = await trial.find(randomUUID(), browser)
  expect([status, text.includes('may not read the audit trail')]).toEqual([404, true])
})

test.each(['/subscriptions/../../tenants', '/subscriptions/./x', '/subscriptions/x/..'])(
  'a path of dots, such as %s, leads nowhere',
  async (path) => {
    const trial = await start()
    const { status, headers } = await trial.find(path)
    expect([status, headers.location]).toEqual([404, undefined])
  },
)

test('every page of somebody who is signed in has the field, and the sign-in has none', async () => {
  const { browser, openBrowser } = await start()
  const form =
    '<form class="find" method="get" action="/portal/find" role="search" aria-label="Whole portal">'
  for (const path of ['/portal', '/portal/find', '/portal/settings', '/portal/none']) {
    expect([path, (await browser.get(path)).text.includes(form)]).toEqual([path, true])
  }
  expect((await openBrowser().get('/portal/sign-in')).text).not.toContain(form)
})

test('the request that a failure names leads to what the trail has of it', async () => {
  const trial = await start()
  const browser = trial.openBrowser()
  await browser.signIn(await trial.addApplication({ id: ROLE.reader, scope: '/' }))
  const machine = await trial.enrolMachine('web-1')
  const page = await browser.get(`/portal${machine.identity.resourceId}`)
  const to = `/portal${machine.identity.resourceId}/disable`
  const { formToken = '' } = formFields(page, '/portal/sign-out')
  const refused = await browser.post(to, { formToken })
  const link = links(refused).find((href) => href.startsWith('/portal/audit?correlationId=')) ?? ''
  expect(refused.status).toBe(403)
  expect((await browser.get(link)).text).toContain('<code><bdi>AuthorizationFailed</bdi></code>')
})
