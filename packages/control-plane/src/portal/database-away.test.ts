/** What the portal says while the database is away. */

import { describe, expect, test } from 'vitest'
import { query } from '../testing/postgres.ts'
import { trialDatabaseUrl } from '../testing/trial-database.ts'
import { takeDatabaseAway } from '../testing/trial-outage.ts'
import { codeLink, formFields, startTrialPortal, type TrialPage } from '../testing/trial-portal.ts'
import { failurePage } from './failure-page.ts'
import { ApiRefusal } from './inner/api-refusal.ts'
import { PortalError } from './portal-error.ts'

const LOOK_FIRST = 'The change may have been made or not'

async function startPortal() {
  const url = (await trialDatabaseUrl('postgres')) ?? ''
  const trial = await startTrialPortal({ databaseUrl: url, database: 'postgres' })
  return { trial, url }
}

function seen({ status, headers, text }: TrialPage) {
  return [status, headers['retry-after'], text.includes('unavailable'), text.includes(LOOK_FIRST)]
}

test('a page says so, and comes again by itself afterwards', async () => {
  const { trial, url } = await startPortal()
  const owner = await trial.ownersBrowser()
  const bringBack = await takeDatabaseAway(url)
  expect(seen(await owner.get('/portal/machines'))).toEqual([503, '5', true, false])
  await bringBack()
  await expect.poll(async () => (await owner.get('/portal/machines')).status).toBe(200)
})

test('a form that changes something says that the change may have been made, and is sent again afterwards', async () => {
  const { trial, url } = await startPortal()
  await trial.enrolMachine('web-1')
  const owner = await trial.ownersBrowser()
  const path = `/portal/subscriptions/${trial.subscriptionId}/resourceGroups/shop/providers/Microsoft.HybridCompute/machines/web-1`
  const page = await owner.get(path)
  const bringBack = await takeDatabaseAway(url)
  expect(seen(await owner.submit(page, `${path}/disable`))).toEqual([503, '5', true, true])
  await bringBack()
  await expect.poll(async () => (await owner.submit(page, `${path}/disable`)).status).toBe(303)
})

describe('a sign-in says so, and not that something is broken', () => {
  test('with a secret, whose client id stays in the form', async () => {
    const { trial, url } = await startPortal()
    const application = await trial.addApplication()
    const browser = trial.openBrowser()
    await takeDatabaseAway(url)
    const page = await browser.signIn(application)
    expect(seen(page)).toEqual([503, '5', true, false])
    expect(formFields(page, '/portal/sign-in')).toMatchObject({ clientId: application.clientId, secret: '' })
    expect(page.text).not.toContain(application.secret)
  })

  test('with a certificate, whose client id stays in the form', async () => {
    const { trial, url } = await startPortal()
    const { clientId } = await trial.addApplication()
    const browser = trial.openBrowser()
    await takeDatabaseAway(url)
    const assertion = [{ alg: 'PS256' }, { iss: clientId, sub: clientId }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .concat('AAAA')
      .join('.')
    const page = await browser.post('/portal/sign-in/certificate', { clientId, assertion })
    expect(seen(page)).toEqual([503, '5', true, false])
    expect(formFields(page, '/portal/sign-in/certificate').clientId).toBe(clientId)
  })

  test('with a link, which is still good afterwards', async () => {
    const { trial, url } = await startPortal()
    const path = await codeLink(trial)
    const browser = trial.openBrowser()
    const question = await browser.get(path)
    const bringBack = await takeDatabaseAway(url)
    expect(seen(await browser.get(path))).toEqual([503, '5', true, false])
    expect(seen(await browser.submit(question, '/portal/sign-in/code'))).toEqual([503, '5', true, true])
    await bringBack()
    await expect.poll(async () => (await browser.submit(question, '/portal/sign-in/code')).status).toBe(303)
  })

  test('when the database goes only after it has known the secret', async () => {
    const { trial, url } = await startPortal()
    const application = await trial.addApplication()
    // As the server says it at its end.
    await query(
      url,
      `create function stop() returns trigger language plpgsql as $$ begin raise exception using errcode = '57P01'; end $$;
      create trigger stop before insert on portal_session execute function stop()`,
    )
    const browser = trial.openBrowser()
    const page = await browser.signIn(application)
    expect([seen(page), browser.cookie]).toEqual([[503, '5', true, false], undefined])
    expect(formFields(page, '/portal/sign-in').clientId).toBe(application.clientId)
  })

  test('in a browser that has a session, which shows the client id again', async () => {
    const { trial, url } = await startPortal()
    const owner = await trial.ownersBrowser()
    const application = await trial.addApplication()
    await takeDatabaseAway(url)
    const page = await owner.signIn(application)
    expect([page.status, page.text.includes(application.clientId)]).toEqual([503, true])
    expect(page.text).not.toContain(application.secret)
  })
})

describe.each([
  ['a route behind the portal', new ApiRefusal(503, { error: { code: 'ServiceUnavailable', message: 'x' } })],
  ['the portal itself', new PortalError('unavailable')],
])('found out by %s', (_, refusal) => {
  test.each([
    ['a page', 'GET', false],
    ['a form', 'POST', true],
  ])('%s has the same words', (_what, method, isChange) => {
    const { title, body } = failurePage(refusal, { method, url: '/portal', sent: {}, requestId: 'r' })
    const text = body.toString()
    expect([title, text.includes('The database does not answer.'), text.includes(LOOK_FIRST)]).toEqual([
      'Not now',
      true,
      isChange,
    ])
  })
})
