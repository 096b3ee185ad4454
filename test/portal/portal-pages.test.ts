/** The portal in a real browser: every page, on both databases, in every colour. */

import { describe, expect, test } from 'vitest'
import { DATABASES } from '../../packages/control-plane/src/testing/trial-database.ts'
import { findingsInEveryColour } from './axe-findings.ts'
import { skipWithoutChromium, startVisitedPortal } from './visited-portal.ts'

/** What Chromium itself says of a page with such a status. */
const STATUS_NOTE = /Failed to load resource: the server responded with a status of (4\d\d)/

describe.each(DATABASES)('on %s', (database) => {
  test('axe finds nothing on any page, and no page says anything to the console', async (context) => {
    skipWithoutChromium(context)
    const portal = await startVisitedPortal(database)
    const page = await portal.visit()
    for (const [what, path] of Object.entries(portal.pages)) {
      await page.goto(path)
      expect([what, await findingsInEveryColour(page)]).toEqual([what, []])
      expect(await page.title()).not.toContain('hurt')
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
