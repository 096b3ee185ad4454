/** Where things stand on a page: on one line, apart from each other, and seen to go on. */

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { skipWithoutChromium, startVisitedPortal } from './visited-portal.ts'

/** The places of what `selector` finds, in whole pixels. */
function placesOf(page: Page, selector: string): Promise<{ top: number; bottom: number }[]> {
  return page.evaluate(
    `[...document.querySelectorAll(${JSON.stringify(selector)})].map((one) => {
      const { top, bottom } = one.getBoundingClientRect()
      return { top: Math.round(top), bottom: Math.round(bottom) }
    })`,
  )
}

/** Where the lines of text stand that the cells of the first row with a button begin with. */
function textBottoms(page: Page): Promise<number[]> {
  return page.evaluate(
    `[...document.querySelector('tr:has(form)').cells].map((cell) => {
      const range = document.createRange()
      range.selectNodeContents(cell.querySelector('button')?.firstChild ?? cell)
      return Math.round([...range.getClientRects()].find(({ width }) => width > 0).bottom)
    })`,
  )
}

/** How dark the shade at the edge of the first table is. */
function shadeOf(page: Page): Promise<number> {
  return page.evaluate(`Number(getComputedStyle(document.querySelector('.wide'), '::after').opacity)`)
}

test('the fields in one line of the filter of the audit trail begin and end at one height', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit({ viewport: { width: 1_180, height: 640 } })
  await page.goto('/portal/audit')
  const [from, to, who] = await placesOf(page, '.filter label input')
  expect(who).toBeDefined()
  expect([from, to]).toEqual([who, who])
})

test('the text of a row and of its button stands on one line', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit({ viewport: { width: 1_600, height: 640 } })
  await page.goto('/portal/roles')
  const [first = 0, ...others] = await textBottoms(page)
  expect(others.length).toBeGreaterThan(2)
  for (const other of others) expect(Math.abs(other - first)).toBeLessThanOrEqual(1)
})

test('a table that goes on behind the edge is shaded there, until its last column is seen', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit({ viewport: { width: 320, height: 640 } })
  await page.goto('/portal/roles')
  expect(await shadeOf(page)).toBeCloseTo(0.4)
  await page.evaluate(`document.querySelector('.wide').scrollTo({ left: 10_000, behavior: 'instant' })`)
  await expect.poll(() => shadeOf(page)).toBe(0)
  await page.setViewportSize({ width: 1_600, height: 640 })
  await page.goto('/portal/roles')
  expect(await shadeOf(page)).toBe(0)
})

test('buttons that break into lines do not touch', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit({ viewport: { width: 320, height: 640 } })
  await page.goto(portal.pages.identity ?? '')
  const places = await placesOf(page, '.links .button')
  const lines = [...new Set(places.map(({ top }) => top))].toSorted((one, other) => one - other)
  expect(lines.length).toBeGreaterThan(1)
  for (const { bottom } of places) {
    const below = lines.find((top) => top >= bottom) ?? Number.POSITIVE_INFINITY
    expect(below - bottom).toBeGreaterThanOrEqual(4)
  }
})

test('who has joined stays in sight while the lines for the server go by', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit({ viewport: { width: 1_180, height: 760 } })
  await page.goto('/portal/join?group=shop')
  await page.getByRole('button', { name: 'Make the line for the server' }).click()
  const asked = page.getByRole('heading', { name: 'Has it joined?' })
  await asked.waitFor()
  for (const line of await page.locator('pre').all()) {
    await line.scrollIntoViewIfNeeded()
    const box = await asked.boundingBox()
    expect(box && box.y >= 0 && box.y < 760).toBe(true)
  }
})
