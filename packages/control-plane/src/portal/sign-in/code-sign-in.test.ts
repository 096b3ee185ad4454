import { describe, expect, test } from 'vitest'
import { DATABASES } from '../../testing/trial-database.ts'
import { codeLink, formFields, startTrialPortal, type TrialPage } from '../../testing/trial-portal.ts'
import { ROLE } from '../../testing/trial-resource-manager.ts'

const FORM = '/portal/sign-in/code'
const SIGNED_OUT = [303, '/portal/sign-in']

function seen({ status, headers }: TrialPage) {
  return [status, headers.location]
}

describe.each(DATABASES)('on %s', (database) => {
  test('a link of "landfast portal" names whom it signs in, and signs in once, however often it is looked at', async () => {
    const trial = await startTrialPortal({ database })
    const path = await codeLink(trial)
    const [browser, thief] = [trial.openBrowser(), trial.openBrowser()]
    await thief.get(path)
    const page = await browser.get(path)
    expect(page.text).toContain(`client id <code>${trial.owner.clientId}</code>`)
    expect(page.text).not.toContain('is signed in. If you')
    expect(seen(await browser.submit(page, FORM))).toEqual([303, '/portal'])
    expect((await browser.get('/portal')).status).toBe(200)
    const again = await thief.get(path)
    expect([again.status, again.text.includes('code_spent')]).toEqual([401, true])
    const { code = '' } = formFields(page, FORM)
    expect((await thief.post(FORM, { code })).status).toBe(401)
    expect(thief.cookie).toBeUndefined()
  })

  test('a link may lead on to a page, and to no other site', async () => {
    const trial = await startTrialPortal({ database })
    for (const [back, location] of [
      ['/portal/machines', '/portal/machines'],
      ['https://evil.example', '/portal'],
    ]) {
      const browser = trial.openBrowser()
      const page = await browser.get(`${await codeLink(trial)}&${new URLSearchParams({ back: back ?? '' })}`)
      expect(seen(await browser.submit(page, FORM))).toEqual([303, location])
    }
  })

  test('of two browsers with one link only the first comes in', async () => {
    const trial = await startTrialPortal({ database })
    const path = await codeLink(trial)
    const browsers = Array.from({ length: 5 }, () => trial.openBrowser())
    const { code = '' } = formFields(await trial.openBrowser().get(path), FORM)
    const answers = await Promise.all(browsers.map((one) => one.post(FORM, { code })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 401, 401, 401, 401])
  })

  test('a link is good for a minute, and one more since another replica may have made it', async () => {
    const trial = await startTrialPortal({ database })
    const path = await codeLink(trial)
    const browser = trial.openBrowser()
    const page = await browser.get(path)
    trial.clock.advance(119)
    expect((await browser.get(path)).status).toBe(200)
    trial.clock.advance(1)
    expect((await browser.submit(page, FORM)).status).toBe(401)
    expect((await browser.get(path)).status).toBe(401)
  })

  test('a session that a link opened ends with the access token that asked for the link, however busy it is', async () => {
    const trial = await startTrialPortal({ database })
    // The tokens of a trial are good for an hour.
    const path = await codeLink(trial)
    trial.clock.advance(30)
    const browser = trial.openBrowser()
    await browser.submit(await browser.get(path), FORM)
    for (let count = 0; count < 3; count += 1) {
      trial.clock.advance(1_180)
      expect((await browser.get('/portal')).status).toBe(200)
    }
    trial.clock.advance(30)
    expect(seen(await browser.get('/portal'))).toEqual(SIGNED_OUT)
  })
})

test('where another account is signed in the page says so, and nobody is exchanged without a second word', async () => {
  const trial = await startTrialPortal()
  const application = await trial.addApplication({ id: ROLE.owner, scope: '/' })
  const path = await codeLink(trial)
  const browser = trial.openBrowser()
  await browser.signIn(application)
  const { cookie } = browser
  // As a browser that comes from another site: it sends no cookie.
  browser.cookie = undefined
  const page = await browser.get(path)
  expect(page.text).not.toContain(application.clientId)
  browser.cookie = cookie
  const asked = await browser.submit(page, FORM)
  expect([asked.status, browser.cookie]).toEqual([200, cookie])
  expect(asked.text).toContain(`(client id <code>${application.clientId}</code>) is signed in. If you`)
  expect((await browser.get(path)).text).toContain('is signed in. If you')
  expect(seen(await browser.submit(asked, FORM))).toEqual([303, '/portal'])
  browser.cookie = cookie
  expect(seen(await browser.get('/portal'))).toEqual(SIGNED_OUT)
})

test('where the account of the link is signed in already the page says so', async () => {
  const trial = await startTrialPortal()
  const browser = trial.openBrowser()
  await browser.submit(await browser.get(await codeLink(trial)), FORM)
  const page = await browser.get(await codeLink(trial))
  expect(page.text).toContain(', which you are already')
  expect(seen(await browser.submit(page, FORM))).toEqual([303, '/portal'])
})

test('wrong codes count among the wrong credentials of their address, and a right one is taken among them', async () => {
  const trial = await startTrialPortal()
  const path = await codeLink(trial)
  const browser = trial.openBrowser()
  const page = await browser.get(path)
  for (let count = 0; count < 150; count += 1) {
    expect((await browser.get(`${FORM}?code=${count}`)).status).toBe(401)
    expect((await browser.post(FORM, { code: String(count) })).status).toBe(401)
  }
  const { status, headers, text } = await browser.post(FORM, { code: 'x' })
  expect([status, text.includes('code_throttled')]).toEqual([429, true])
  expect(Number(headers['retry-after'])).toBeGreaterThan(0)
  const { clientId } = await trial.addApplication()
  expect((await browser.signIn({ clientId, secret: 'wrong' })).status).toBe(429)
  expect(seen(await browser.submit(page, FORM))).toEqual([303, '/portal'])
})
