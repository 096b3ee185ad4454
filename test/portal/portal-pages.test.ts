/** The portal in a real browser: every page, on both databases, in every colour, with and without script. */

import { describe, expect, test } from 'vitest'
import { DATABASES } from '../../packages/control-plane/src/testing/trial-database.ts'
import { findings } from './axe-findings.ts'
import { skipWithoutChromium, startVisitedPortal } from './visited-portal.ts'

/** What Chromium itself says of a page with such a status. */
const STATUS_NOTE = /Failed to load resource: the server responded with a status of (4\d\d)/

const COLOURS = [
  { name: 'light', options: { colorScheme: 'light' } },
  { name: 'dark', options: { colorScheme: 'dark' } },
  { name: 'forced colours', options: { forcedColors: 'active' } },
] as const

describe.each(DATABASES)('on %s', (database) => {
  test('axe finds nothing on any page, and no page says anything to the console', async (context) => {
    skipWithoutChromium(context)
    const portal = await startVisitedPortal(database)
    for (const { name, options } of COLOURS) {
      const page = await portal.visit(options)
      for (const [what, path] of Object.entries(portal.pages)) {
        await page.goto(path)
        expect([name, what, await findings(page)]).toEqual([name, what, []])
        expect(await page.title()).not.toContain('hurt')
      }
    }
    expect(portal.complaints.filter((one) => !STATUS_NOTE.test(one))).toEqual([])
  })

  test('every page fits 320 pixels, which a wide window at 400 % is', async (context) => {
    skipWithoutChromium(context)
    const portal = await startVisitedPortal(database)
    const page = await portal.visit({ viewport: { width: 320, height: 640 } })
    for (const [what, path] of Object.entries(portal.pages)) {
      await page.goto(path)
      expect([what, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([what, 320])
    }
  })

  test.for([true, false])(
    'with script %s a machine is disabled, enabled and deleted',
    async (javaScriptEnabled, context) => {
      skipWithoutChromium(context)
      const portal = await startVisitedPortal(database)
      const page = await portal.visit({ javaScriptEnabled })
      await page.getByRole('link', { name: 'web-1' }).click()
      await page.getByRole('button', { name: 'Disable', exact: true }).click()
      const told = page.getByRole('status').filter({ hasText: 'no more tokens' })
      await expect.poll(() => told.count()).toBe(1)
      await page.getByRole('button', { name: 'Enable', exact: true }).click()
      await page.getByLabel('Type its name to delete it').fill('web-1')
      await page.getByRole('button', { name: 'Delete', exact: true }).click()
      await page.waitForURL('**/portal/machines?*')
      expect(await page.getByRole('link', { name: 'web-1' }).count()).toBe(0)
      expect(await page.getByRole('link', { name: 'web-2' }).count()).toBe(1)
    },
  )

  test.for([true, false])(
    'with script %s an application is let be used by a job, and no more',
    async (javaScriptEnabled, context) => {
      skipWithoutChromium(context)
      const portal = await startVisitedPortal(database)
      const page = await portal.visit({ javaScriptEnabled })
      await page.goto(portal.pages.application ?? '')
      await page.getByRole('link', { name: 'GitHub Actions' }).click()
      await page.getByLabel('A name for this credential').fill('main-branch')
      await page.getByLabel(/^Repository/).fill('org/repo')
      await page.getByRole('button', { name: 'Trust it' }).click()
      expect(await page.getByRole('status').textContent()).toContain('repo:org/repo:ref:refs/heads/main')
      await page.getByRole('link', { name: 'Back to the application' }).click()
      const row = page.getByRole('row').filter({ hasText: 'main-branch' })
      await row.getByRole('button', { name: 'Remove' }).click()
      await page.getByText('The credential is removed.').waitFor()
      // With script its address says it no more, so that it is not said again.
      const search = javaScriptEnabled ? '' : '?done=untrusted'
      await page.waitForURL((url) => url.search === search)
      expect(await page.getByText('main-branch').count()).toBe(0)
    },
  )

  test('by the keyboard alone a person comes to the content, to a machine and out', async (context) => {
    skipWithoutChromium(context)
    const portal = await startVisitedPortal(database)
    const page = await portal.visit()
    const focused = () => page.evaluate<string>('document.activeElement.textContent.trim()')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('To the content')
    await page.keyboard.press('Enter')
    for (let pressed = 0; pressed < 20 && (await focused()) !== 'web-1'; pressed += 1)
      await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/machines/web-1')
    for (let pressed = 0; pressed < 5 && (await focused()) !== 'Sign out'; pressed += 1)
      await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/portal/sign-in')
  })
})
