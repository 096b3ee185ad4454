/** HEAD at the portal: what GET would get, without the page, and nothing is changed or used up by it. */

import { expect, test } from 'vitest'
import {
  codeLink,
  formFields,
  startTrialPortal,
  type TrialBrowser,
} from '../../packages/control-plane/src/testing/trial-portal.ts'
import { ROLE } from '../../packages/control-plane/src/testing/trial-resource-manager.ts'
import { startOpenIdTrial } from './openid-trial.ts'

const FORM = '/portal/sign-in/code'

async function bothOf(browser: TrialBrowser, path: string) {
  const [head, get] = [await browser.head(path), await browser.get(path)]
  const seen = ({ status, headers }: typeof head) => [status, headers['content-type'], headers.location]
  return { path, head: seen(head), get: seen(get), text: head.text }
}

test('HEAD is answered as GET, without the page', async () => {
  const trial = await startTrialPortal()
  const [stranger, owner] = [trial.openBrowser(), await trial.ownersBrowser()]
  const { text } = await stranger.get('/portal/sign-in')
  const [css = ''] = /\/portal\/assets\/portal\.[\w-]+\.css/.exec(text) ?? []
  for (const [browser, path, status] of [
    [stranger, '/portal', 303],
    [stranger, '/portal/machines?tag=env', 303],
    [stranger, '/portal/sign-in', 200],
    [stranger, css, 200],
    [stranger, '/portal/assets/none', 404],
    [owner, '/portal', 200],
    [owner, '/portal/machines', 200],
    [owner, '/portal/nothing', 404],
    [owner, '/portal/%ff', 404],
    [owner, '/portal/audit/export', 200],
  ] as const) {
    const { get, ...seen } = await bothOf(browser, path)
    expect(seen).toEqual({ path, head: get, text: '' })
    expect(get[0], path).toBe(status)
  }
})

test('the head of a stream is not to be had, and opens none', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  expect(await owner.head('/portal/live')).toMatchObject({ status: 404, text: '' })
})

test('a link of "landfast portal" is not used up, and signs nobody in', async () => {
  const trial = await startTrialPortal()
  const path = await codeLink(trial)
  const browser = trial.openBrowser()
  for (const head of [await browser.head(path), await browser.head(path)]) {
    expect([head.status, head.headers['set-cookie']]).toEqual([200, undefined])
  }
  const page = await browser.get(path)
  expect((await browser.submit(page, FORM, formFields(page, FORM))).status).toBe(303)
})

test('a session does not go on by it', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  trial.clock.advance(3_000)
  expect((await owner.head('/portal')).status).toBe(200)
  trial.clock.advance(601)
  expect((await owner.get('/portal')).status).toBe(303)
})

test('the sign-in by the provider is neither begun nor ended by it', async () => {
  const trial = await startOpenIdTrial()
  await trial.addGroup(ROLE.reader)
  const browser = trial.openBrowser()
  const begun = await browser.head('/portal/sign-in/openid')
  expect([begun.status, begun.headers.location, browser.flowCookie]).toEqual([
    303,
    '/portal/sign-in',
    undefined,
  ])
  const back = await trial.company.comeBack(await trial.begin(browser))
  const flow = browser.flowCookie
  expect(await browser.head(back)).toMatchObject({ status: 303, text: '' })
  expect([browser.cookie, browser.flowCookie]).toEqual([undefined, flow])
  expect((await browser.get(back)).status).toBe(200)
  expect(browser.cookie).toBeDefined()
})
