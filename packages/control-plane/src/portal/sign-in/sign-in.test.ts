import { describe, expect, test } from 'vitest'
import { renewedAdministrator, resetAdministrator } from '../../administrator/administrator.ts'
import { createPortalCodes } from '../../admission/portal-codes.ts'
import { createPortalSessions } from '../../admission/portal-sessions.ts'
import { DATABASES } from '../../testing/trial-database.ts'
import { codeLink, formFields, startTrialPortal, type TrialPage } from '../../testing/trial-portal.ts'
import { ROLE } from '../../testing/trial-resource-manager.ts'

const OWNER = { id: ROLE.owner, scope: '/' }

function seen({ status, headers }: TrialPage) {
  return [status, headers.location]
}

const SIGNED_OUT = [303, '/portal/sign-in']

describe.each(DATABASES)('on %s', (database) => {
  test('an application signs in with its secret, and out again', async () => {
    const trial = await startTrialPortal({ database })
    const browser = trial.openBrowser()
    expect(seen(await browser.signIn(await trial.addApplication(OWNER)))).toEqual([303, '/portal'])
    const page = await browser.get('/portal')
    expect(page.status).toBe(200)
    expect(page.text).toContain('Signed in as <bdi>trial</bdi>')
    expect(seen(await browser.submit(page, '/portal/sign-out', { reach: 'this' }))).toEqual(SIGNED_OUT)
    expect(browser.cookie).toBeUndefined()
    expect(await trial.audited('sign-in')).toHaveLength(1)
    expect(await trial.audited('sign-out')).toHaveLength(1)
  })

  test('a session that was ended is worth nothing to who kept its cookie', async () => {
    const trial = await startTrialPortal({ database })
    const browser = await trial.ownersBrowser()
    const { cookie } = browser
    await browser.submit(await browser.get('/portal'), '/portal/sign-out')
    browser.cookie = cookie
    expect(seen(await browser.get('/portal'))).toEqual(SIGNED_OUT)
  })

  test('a sign-out everywhere ends the sessions of all browsers of the principal, and of no other', async () => {
    const trial = await startTrialPortal({ database })
    const application = await trial.addApplication(OWNER)
    const [first, second, other] = [trial.openBrowser(), trial.openBrowser(), await trial.ownersBrowser()]
    await first.signIn(application)
    await second.signIn(application)
    await first.submit(await first.get('/portal'), '/portal/sign-out', { reach: 'all' })
    expect(seen(await second.get('/portal'))).toEqual(SIGNED_OUT)
    expect((await other.get('/portal')).status).toBe(200)
  })

  test('a session ends an hour after its last request, and goes on with each', async () => {
    const trial = await startTrialPortal({ database })
    const browser = await trial.ownersBrowser()
    for (let count = 0; count < 3; count += 1) {
      trial.clock.advance(3_500)
      expect((await browser.get('/portal')).status).toBe(200)
    }
    trial.clock.advance(3_601)
    expect(seen(await browser.get('/portal'))).toEqual(SIGNED_OUT)
  })

  test('a page that is left open, and reads itself again, keeps nobody signed in', async () => {
    const trial = await startTrialPortal({ database })
    const browser = await trial.ownersBrowser()
    for (const seconds of [1_800, 1_799]) {
      trial.clock.advance(seconds)
      expect((await browser.get('/portal', { 'Landfast-Live': '1' })).status).toBe(200)
    }
    trial.clock.advance(1)
    expect(seen(await browser.get('/portal', { 'Landfast-Live': '1' }))).toEqual(SIGNED_OUT)
  })

  test('a session ends twelve hours after its beginning, however busy it is', async () => {
    const trial = await startTrialPortal({ database })
    const browser = await trial.ownersBrowser()
    for (let count = 0; count < 23; count += 1) {
      trial.clock.advance(1_800)
      expect((await browser.get('/portal')).status).toBe(200)
    }
    trial.clock.advance(1_800)
    expect(seen(await browser.get('/portal'))).toEqual(SIGNED_OUT)
  })

  test('who was disabled is signed out for good, also if it is enabled again', async () => {
    const trial = await startTrialPortal({ database })
    const application = await trial.addApplication()
    const machine = await trial.enrolMachine('web-1')
    const browser = trial.openBrowser()
    await browser.signIn(application)
    const change = { time: trial.clock.now(), correlationId: 'c', address: '192.0.2.1' }
    const sessions = createPortalSessions(trial.storage)
    const { principalId, resourceId } = machine.identity
    const id = await sessions.begin({ principalId }, change)
    for (const verb of ['disable', 'enable']) {
      const path = `/landfast/v1/service-principals/${application.principalId}/${verb}`
      expect((await trial.ask(path, { method: 'POST' })).status).toBe(200)
      const ofMachine = { method: 'POST', json: { resourceId } }
      expect((await trial.ask(`/landfast/v1/machines/${verb}`, ofMachine)).status).toBe(200)
    }
    expect((await browser.get('/portal')).status).toBe(303)
    expect(await sessions.find(id, trial.clock.now(), 'person')).toBeUndefined()
  })

  test('who was disabled or deleted meanwhile is signed in no more', async () => {
    const trial = await startTrialPortal({ database })
    for (const end of [
      { method: 'POST', verb: '/disable' },
      { method: 'DELETE', verb: '' },
    ]) {
      const application = await trial.addApplication(OWNER)
      const browser = trial.openBrowser()
      await browser.signIn(application)
      const { principalId } = application
      await trial.ask(`/landfast/v1/service-principals/${principalId}${end.verb}`, { method: end.method })
      expect(seen(await browser.get('/portal'))).toEqual(SIGNED_OUT)
    }
  })

  test('who loses a credential is signed out everywhere, and no link on its way opens a session', async () => {
    const trial = await startTrialPortal({ database })
    const application = await trial.addApplication(OWNER)
    const { principalId } = application
    const at = `/landfast/v1/service-principals/${principalId}`
    const [browser, other] = [trial.openBrowser(), await trial.ownersBrowser()]
    await browser.signIn(application)
    const time = trial.clock.now()
    const tokenEndsAt = new Date(time.getTime() + 3_600_000)
    const { code } = await createPortalCodes(trial.storage).make(principalId, { time, tokenEndsAt })
    const { body } = await trial.ask(at)
    await trial.ask(`${at}/secrets/${body.secrets[0].id}`, { method: 'DELETE' })
    expect(seen(await browser.get('/portal'))).toEqual(SIGNED_OUT)
    expect((await browser.post('/portal/sign-in/code', { code })).status).toBe(401)
    expect((await other.get('/portal')).status).toBe(200)
  })

  test('who changes what a credential trusts ends what it opened before', async () => {
    const trial = await startTrialPortal({ database })
    const application = await trial.addApplication(OWNER)
    const credential = `/landfast/v1/service-principals/${application.principalId}/federated-credentials/from-ci`
    const write = (subject: string) =>
      trial.ask(credential, { method: 'PUT', json: { issuer: 'https://ci.example', subject } })
    await write('first')
    const browser = trial.openBrowser()
    await browser.signIn(application)
    await write('first')
    expect((await browser.get('/portal')).status).toBe(200)
    await write('second')
    expect(seen(await browser.get('/portal'))).toEqual(SIGNED_OUT)
  })

  test('when the keys that sign tokens are compromised, nobody stays signed in', async () => {
    const trial = await startTrialPortal({ database })
    const browser = await trial.ownersBrowser()
    const rotate = (urgency: string) =>
      trial.ask('/landfast/v1/signing-keys/rotate', { method: 'POST', json: { urgency } })
    await rotate('immediate')
    expect((await browser.get('/portal')).status).toBe(200)
    await rotate('compromised')
    expect(seen(await browser.get('/portal'))).toEqual(SIGNED_OUT)
  })

  test('who has the former secret of the administrator is signed in no more when it is replaced', async () => {
    const { storage, clock, tenantId, ...trial } = await startTrialPortal({ database })
    const administrator = await renewedAdministrator(storage.db, tenantId, clock.now())
    await storage.change((trx) => resetAdministrator(trx, administrator, clock.now()))
    const { clientId } = administrator.application
    const browser = trial.openBrowser()
    expect((await browser.signIn({ clientId, secret: administrator.secret.text })).status).toBe(303)
    const next = await renewedAdministrator(storage.db, tenantId, clock.now())
    await storage.change((trx) => resetAdministrator(trx, next, clock.now()))
    expect(next.application.clientId).toBe(clientId)
    expect(seen(await browser.get('/portal'))).toEqual(SIGNED_OUT)
  })

  test('the database holds neither the id of a session nor a code', async () => {
    const trial = await startTrialPortal({ database })
    const browser = await trial.ownersBrowser()
    const code = (await codeLink(trial)).split('=')[1] ?? ''
    const [, id = ''] = browser.cookie?.split('=') ?? []
    const rows = await Promise.all(
      (['portal_session', 'portal_code', 'audit'] as const).map((table) =>
        trial.storage.db.selectFrom(table).selectAll().execute(),
      ),
    )
    const kept = JSON.stringify(rows)
    expect([id.length, code.length]).toEqual([43, 43])
    expect([kept.includes(id), kept.includes(code)]).toEqual([false, false])
  })
})

test('the cookie is for this host alone, and neither for scripts nor for other sites', async () => {
  const trial = await startTrialPortal()
  const { headers } = await trial.openBrowser().signIn(await trial.addApplication())
  expect(headers['set-cookie']).toEqual([
    expect.stringMatching(/^__Host-landfast-portal=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/),
  ])
})

test('a sign-in never takes over the id that a browser brought, and ends the session that it had', async () => {
  const trial = await startTrialPortal()
  const application = await trial.addApplication(OWNER)
  const browser = trial.openBrowser()
  browser.cookie = `__Host-landfast-portal=${'x'.repeat(43)}`
  await browser.signIn(application)
  const former = browser.cookie
  expect(former).not.toContain('xxx')
  await browser.signIn(application)
  expect(browser.cookie).not.toBe(former)
  browser.cookie = former
  expect(seen(await browser.get('/portal'))).toEqual(SIGNED_OUT)
})

test('a cookie of another name is none of ours', async () => {
  const trial = await startTrialPortal()
  const browser = await trial.ownersBrowser()
  browser.cookie = browser.cookie?.replace('__Host-', '')
  expect(seen(await browser.get('/portal'))).toEqual(SIGNED_OUT)
})

test('a wrong secret is refused, and said no other than an unknown client', async () => {
  const trial = await startTrialPortal()
  const { clientId } = await trial.addApplication()
  const browser = trial.openBrowser()
  const answers = [
    await browser.signIn({ clientId, secret: 'wrong' }),
    await browser.signIn({ clientId: '6f2d0f3c-0a52-4b52-9a1e-0d5e5a1f6b11', secret: 'wrong' }),
    await browser.signIn({ clientId: 'none', secret: 'wrong' }),
    await browser.signIn({ clientId: '', secret: '' }),
  ]
  for (const { status, text } of answers) {
    expect([status, text.includes('credential_wrong')]).toEqual([401, true])
    expect(text).not.toContain('wrong"')
  }
})

test('wrong secrets are counted as at the token endpoint, and a right one is taken among them', async () => {
  const trial = await startTrialPortal()
  const application = await trial.addApplication()
  const browser = trial.openBrowser()
  const wrong = { ...application, secret: 'wrong' }
  const statuses = []
  for (let count = 0; count < 31; count += 1) statuses.push((await browser.signIn(wrong)).status)
  expect(statuses).toEqual([...Array(30).fill(401), 429])
  expect((await browser.signIn(application)).status).toBe(303)
})

test('a sign-in leads to no other site', async () => {
  const trial = await startTrialPortal()
  const signedIn = await trial.openBrowser().signIn(await trial.addApplication(), '//evil.example')
  expect(seen(signedIn)).toEqual([303, '/portal'])
})

test('the page has the whole command of a certificate, for who never logged in', async () => {
  const trial = await startTrialPortal()
  const { text } = await trial.openBrowser().get('/portal/sign-in')
  expect(text).toContain(
    `landfast login --url ${trial.controlPlane.url} --ca-file ca.pem --service-principal-id ID --service-principal-cert FILE &amp;&amp; landfast portal`,
  )
})

describe('a form that another site sent', () => {
  const FOREIGN: readonly Record<string, string>[] = [
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { 'Sec-Fetch-Site': 'none' },
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    {},
  ]
  test('signs in nobody and does nothing', async () => {
    const trial = await startTrialPortal()
    const { clientId, secret } = await trial.addApplication()
    const [browser, owner] = [trial.openBrowser(), await trial.ownersBrowser()]
    const fields = formFields(await owner.get('/portal'), '/portal/sign-out')
    for (const headers of FOREIGN) {
      const signIn = await browser.post('/portal/sign-in', { clientId, secret }, headers)
      expect([headers, signIn.status, browser.cookie]).toEqual([headers, 403, undefined])
      const signOut = await owner.post('/portal/sign-out', fields, headers)
      const code = Object.keys(headers).length === 0 ? 'site_unsaid' : 'cross_site'
      expect([headers, signOut.status, signOut.text.includes(code)]).toEqual([headers, 403, true])
    }
    expect((await owner.get('/portal')).status).toBe(200)
  })

  test('is known by its token where the browser says nothing wrong', async () => {
    const trial = await startTrialPortal()
    const [owner, other] = [await trial.ownersBrowser(), await trial.ownersBrowser()]
    const { formToken = '' } = formFields(await other.get('/portal'), '/portal/sign-out')
    for (const token of ['', 'x', formToken]) {
      for (const form of ['/portal/sign-out', '/portal/keys/rotate']) {
        const { status, text } = await owner.post(form, { formToken: token })
        expect([form, status, text.includes('form_expired')]).toEqual([form, 403, true])
      }
    }
  })

  test('a browser that says no site but the right origin is believed', async () => {
    const trial = await startTrialPortal()
    const { clientId, secret } = await trial.addApplication()
    const { origin } = new URL(trial.controlPlane.url)
    const { status } = await trial
      .openBrowser()
      .post('/portal/sign-in', { clientId, secret }, { Origin: origin })
    expect(status).toBe(303)
  })
})

test('a ticket of the portal opens no route from outside', async () => {
  const trial = await startTrialPortal()
  const ticket = `Landfast-Ticket ${'x'.repeat(43)}`
  const { status } = await trial.ask('/subscriptions?api-version=2022-12-01', {
    as: undefined,
    headers: { Authorization: ticket },
  })
  expect(status).toBe(401)
})
