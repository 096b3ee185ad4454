/** A link to a page of the portal that stands on a page of another site, such as a chat, followed in a real browser. */

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { skipWithoutChromium, startVisitedPortal, type VisitedPortal } from './visited-portal.ts'

async function follow({ controlPlane }: VisitedPortal, page: Page, path: string): Promise<void> {
  await page.goto(`data:text/html,<a href="${controlPlane.url}${path}">here</a>`)
  await page.getByRole('link', { name: 'here' }).click()
}

/** The cookies of a browser, given to another one. */
async function withCookiesOf(page: Page, other: Page): Promise<Page> {
  await other.context().addCookies(await page.context().cookies())
  return other
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'with script' : 'without script'

  test(`a link from a chat opens the page that it names for a person who is signed in, ${how}`, async (context) => {
    skipWithoutChromium(context)
    const portal = await startVisitedPortal('sqlite')
    const page = await withCookiesOf(await portal.visit(), await portal.open({ javaScriptEnabled }))
    await follow(portal, page, '/portal/audit?machine=web-1')
    await page.waitForURL('**/portal/audit?machine=web-1')
    await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toBe('Audit of web-1')
    await page.goBack()
    expect(page.url()).toMatch(/^data:/)
    expect(portal.complaints).toEqual([])
  })

  test(`for a person who is not signed in it ends at the sign-in, which leads to the page, ${how}`, async (context) => {
    skipWithoutChromium(context)
    const portal = await startVisitedPortal('sqlite')
    const { clientId, secret } = await portal.addApplication()
    const page = await portal.open({ javaScriptEnabled })
    const asked: string[] = []
    page.on(
      'request',
      (request) => request.isNavigationRequest() && asked.push(new URL(request.url()).pathname),
    )
    await follow(portal, page, '/portal/find?q=web-1')
    await page.getByLabel('Client id', { exact: true }).fill(clientId)
    await page.getByLabel('Secret').fill(secret)
    expect(asked).toEqual(['/portal/find', '/portal/sign-in'])
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.waitForURL('**/portal/find?q=web-1')
  })
}
