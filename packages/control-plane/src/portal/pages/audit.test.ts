import { describe, expect, test } from 'vitest'
import { DATABASES } from '../../testing/trial-database.ts'
import { startTrialPortal } from '../../testing/trial-portal.ts'
import { ROLE } from '../../testing/trial-resource-manager.ts'

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

test('a name that nobody ever had is said to be one', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  const { status, text } = await owner.get('/portal/audit?caller=%3Cb%3Enobody')
  expect([status, text.includes('PrincipalUnknown'), text.includes('<b>nobody')]).toEqual([400, true, false])
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

test('a time at the end of all time is none', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  for (const until of ['-271821-04-20T00:00:00Z', '+275760-09-13T00:00:00Z', 'x']) {
    const query = new URLSearchParams({ until })
    expect([until, (await owner.get(`/portal/audit?${query}`)).status]).toEqual([until, 200])
  }
})

test('a wrong number of hours is a day', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  for (const hours of ['-1', 'x', '1e300', '']) {
    expect((await owner.get(`/portal/audit?hours=${hours}`)).status).toBe(200)
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

test('settings are shown without any secret', async () => {
  const trial = await startTrialPortal({ encryptionKey: Buffer.alloc(32, 'hidden').toString('base64') })
  const owner = await trial.ownersBrowser()
  const { text } = await owner.get('/portal/settings')
  expect(text).toContain('<dt>Tokens are good for (seconds)</dt><dd><bdi>3600</bdi></dd>')
  expect(text).not.toContain(Buffer.alloc(32, 'hidden').toString('base64'))
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
