import { randomUUID } from 'node:crypto'
import { formatJoinToken, parseJoinToken } from '@landfast/protocol'
import { describe, expect, test } from 'vitest'
import { makeKeys } from '../../testing/trial.ts'
import { DATABASES } from '../../testing/trial-database.ts'
import { formFields, startTrialPortal } from '../../testing/trial-portal.ts'
import { ROLE } from '../../testing/trial-resource-manager.ts'
import { madePage } from './join-made.ts'

const WANTED = { resourceGroup: 'shop', lifetimeSeconds: '3600', uses: '2' }

/** The token in the line that a page shows. */
function tokenIn(text: string): string {
  return /printf %s &#39;(lfjt1\.[\w.-]+)&#39; \| sudo landfast connect/.exec(text)?.[1] ?? ''
}

describe.each(DATABASES)('on %s', (database) => {
  test('the line that the form makes lets servers in, and the page sees them come', async () => {
    const trial = await startTrialPortal({ database })
    const owner = await trial.ownersBrowser()
    const made = await owner.submit(await owner.get('/portal/join'), '/portal/join', WANTED)
    expect(made.status).toBe(200)
    const secret = parseJoinToken(tokenIn(made.text))?.secret ?? ''
    const [live = ''] = /\/portal\/join\/[\da-f-]{36}/.exec(made.text) ?? []
    expect((await owner.get(live)).text).toContain('<dd>0 of 2</dd>')
    expect((await trial.enrol(secret, await makeKeys())).status).toBe(201)
    const after = await owner.get(live)
    expect(after.text).toContain('<dd>1 of 2</dd>')
    expect(after.text).not.toContain('lfjt1.')
    const machine = `/subscriptions/${trial.subscriptionId}/resourceGroups/shop/providers/Microsoft.HybridCompute/machines/web-1`
    expect(after.text).toContain(`<li><a href="/portal${machine}"><bdi>web-1</bdi></a>, <time`)
    expect((await owner.get('/portal/machines')).text).toContain('<bdi>web-1</bdi>')
  })

  test('many tokens come page by page, and those of other groups are left out', async () => {
    const trial = await startTrialPortal({ database })
    await trial.makeJoinToken({ uses: 7 })
    trial.clock.advance(1)
    for (let count = 0; count < 60; count += 1) await trial.makeJoinToken({ resourceGroup: 'other' })
    const owner = await trial.ownersBrowser()
    const first = await owner.get('/portal/join')
    expect(first.text.match(/0 of|1 of 1/g)).toHaveLength(50)
    const [, next = ''] = /<a rel="next" href="([^"]*)"/.exec(first.text) ?? []
    const second = await owner.get(next.replaceAll('&amp;', '&'))
    expect([first, second].map(({ text }) => text.includes('7 of 7'))).toEqual([false, true])
    const browser = trial.openBrowser()
    const scope = `/subscriptions/${trial.subscriptionId}/resourceGroups/shop`
    await browser.signIn(await trial.addApplication({ id: ROLE.reader, scope }))
    const { text } = await browser.get('/portal/join')
    expect([text.includes('7 of 7'), text.includes('rel="next"')]).toEqual([true, false])
  })

  test('a token that was taken back lets no server in', async () => {
    const trial = await startTrialPortal({ database })
    const owner = await trial.ownersBrowser()
    const made = await owner.submit(await owner.get('/portal/join'), '/portal/join', WANTED)
    const page = await owner.get('/portal/join')
    const [, revoke = ''] = /action="(\/portal\/join\/[\da-f-]{36}\/revoke)"/.exec(page.text) ?? []
    expect((await owner.submit(page, revoke)).status).toBe(303)
    const secret = parseJoinToken(tokenIn(made.text))?.secret ?? ''
    expect((await trial.enrol(secret, await makeKeys())).status).toBe(401)
    expect((await owner.get('/portal/join')).text).toContain('No token is open.')
    const gone = await owner.get(revoke.replace('/revoke', ''))
    expect(gone.text).toContain('lets no server in any more')
  })
})

test('a group is filled in only where there is one, so that a hurried click takes no wrong one', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const filledIn = async () => formFields(await owner.get('/portal/join'), '/portal/join').resourceGroup
  expect(await filledIn()).toBe('callers')
  await trial.enrolMachine()
  expect(await filledIn()).toBe('')
})

test('where there are several groups, each is a link that fills the field in', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  expect((await owner.get('/portal/join')).text).not.toContain('There are:')
  await trial.enrolMachine()
  const { text } = await owner.get('/portal/join')
  for (const group of ['callers', 'shop']) {
    const fills = `data-fills="{&quot;resourceGroup&quot;:&quot;${group}&quot;}"`
    expect(text).toContain(` <a href="/portal/join?group=${group}" ${fills}><bdi>${group}</bdi></a>`)
  }
  const chosen = await owner.get('/portal/join?group=shop')
  expect(formFields(chosen, '/portal/join').resourceGroup).toBe('shop')
})

test('who has joined stands before the lines, so that it is in sight whichever is copied', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const { text } = await owner.submit(await owner.get('/portal/join'), '/portal/join', WANTED)
  expect(text.indexOf('Has it joined?')).toBeLessThan(text.indexOf('<pre'))
  expect(text.indexOf('Has it joined?')).toBeGreaterThan(0)
})

test.each([
  ['https://127.0.0.1:8443', true],
  ['https://[::1]:8443', true],
  ['https://localhost', true],
  ['https://id.example.com:8443', false],
  ['https://127.example.com', false],
])('of lines with the address %j the page says that they work on one host only: %j', (url, isOwn) => {
  const token = formatJoinToken({ url, secret: 's'.repeat(43) })
  const made = {
    id: randomUUID(),
    subscriptionId: '',
    resourceGroup: 'shop',
    uses: 1,
    usesLeft: 1,
    createdBy: '',
    token,
  }
  const now = new Date()
  const text = madePage({ ...made, expiresAt: now.toISOString() }, now).toString()
  expect(text.includes('These lines work on the host of the control plane only')).toBe(isOwn)
  expect(text.includes(`<code>${url}</code>`)).toBe(isOwn)
})

test('where there are several subscriptions none is filled in, and each group says which is its own', async () => {
  const trial = await startTrialPortal()
  await trial.enrolMachine()
  const { db } = trial.storage
  const first = await db.selectFrom('subscription').selectAll().executeTakeFirstOrThrow()
  await db
    .insertInto('subscription')
    .values({ ...first, id: randomUUID(), display_name: 'Second' })
    .execute()
  const owner = await trial.ownersBrowser()
  const page = await owner.get('/portal/join')
  expect(page.text).toContain('<option value="">Choose one</option>')
  expect(page.text).toContain(`<option value="shop" label="shop, in ${first.display_name}"></option>`)
  const [, link = ''] =
    /<a href="([^"]*)"[^>]*><bdi>shop<\/bdi>, in <bdi>/.exec(page.text.replaceAll('&amp;', '&')) ?? []
  expect((await owner.get(link)).text).toContain(`<option value="${first.id}" selected>`)
  const refused = await owner.submit(page, '/portal/join', { ...WANTED, subscriptionId: '' })
  expect([refused.status, /Code <code>InvalidSubscriptionId</.test(refused.text)]).toEqual([400, true])
})

test('what the form cannot mean is refused, and shown again', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const page = await owner.get('/portal/join')
  for (const wrong of [
    { uses: 'many' },
    { uses: '0' },
    { lifetimeSeconds: '1e9' },
    { resourceGroup: '<b>' },
  ]) {
    const { status, text } = await owner.submit(page, '/portal/join', { ...WANTED, ...wrong })
    expect([wrong, status, text.includes('<b>')]).toEqual([wrong, 400, false])
  }
})

test('of a token that never was nothing is said that it did, and what is no id has no page', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  const never = await owner.get(`/portal/join/${randomUUID()}`)
  expect([never.status, never.text.includes('No token that you may see has this id.')]).toEqual([200, true])
  expect((await owner.get('/portal/join/nope')).status).toBe(404)
})

test('whoever may not join servers is told so in place of the form, and is refused', async () => {
  const trial = await startTrialPortal()
  const browser = trial.openBrowser()
  await browser.signIn(await trial.addApplication({ id: ROLE.reader, scope: '/' }))
  const page = await browser.get('/portal/join')
  expect(page.text).toContain(
    'Each of these roles allows it: Owner, Contributor, Azure Connected Machine Onboarding',
  )
  expect(page.text).not.toContain('action="/portal/join"')
  const { formToken = '' } = formFields(page, '/portal/sign-out')
  const refused = await browser.post('/portal/join', { ...WANTED, formToken })
  expect([refused.status, refused.text.includes('You may not do this')]).toEqual([403, true])
})
