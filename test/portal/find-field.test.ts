/** The field of every page that finds what a name or an id means, in a real browser. */

import { expect, test } from 'vitest'
import { skipWithoutChromium, startVisitedPortal } from './visited-portal.ts'

test.for([true, false])(
  'with script %s the field takes a name or an id, by keyboard alone, and opens what has it',
  async (javaScriptEnabled, context) => {
    skipWithoutChromium(context)
    const portal = await startVisitedPortal('sqlite')
    const page = await portal.visit({ javaScriptEnabled })
    const field = page.getByRole('search', { name: 'Whole portal' }).getByRole('searchbox', {
      name: 'Find by a name or an id',
    })
    await field.fill('web-1')
    await field.press('Enter')
    await page.waitForURL('**/machines/web-1')
    await field.fill('web')
    await field.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/portal/find?q=web')
    expect(await page.getByRole('main').getByRole('link', { name: 'web-2' }).count()).toBe(1)
    expect(portal.complaints).toEqual([])
  },
)
