/** The portal for people who do not see it, see it large, use no pointer, or have colours of their own. */

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { findings } from './axe-findings.ts'
import { skipWithoutChromium, startVisitedPortal } from './visited-portal.ts'

const style = (page: Page, selector: string, name: string) =>
  page.evaluate<string>(`getComputedStyle(document.querySelector(${JSON.stringify(selector)})).${name}`)

/** Pages of principals, of which two may have one name. */
const NAMESAKES = ['applications', 'roles']

/** Presses Tab until the field or button with this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  const isThere = () =>
    page.evaluate<boolean>(
      `(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim() === ${JSON.stringify(name)}`,
    )
  for (let pressed = 0; !(await isThere()); pressed += 1) {
    if (pressed > 60) throw new Error(`no "${name}" in 60 steps`)
    await page.keyboard.press('Tab')
  }
}

test('what is copied is said, and where the browser lets nobody copy the text is selected', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit({ permissions: ['clipboard-read', 'clipboard-write'] })
  await page.goto(portal.pages.machine ?? '')
  const id = page.locator('dd code').first()
  const said = page.getByRole('status').last()
  await page.getByRole('button', { name: 'Copy the object id' }).click()
  await expect.poll(() => said.textContent()).toBe('Copied the object id.')
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(await id.textContent())
  await page.getByRole('button', { name: 'Copy the object id' }).waitFor()

  await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error("refused"))')
  await page.getByRole('button', { name: 'Copy the object id' }).click()
  await expect.poll(() => said.textContent()).toContain('The text is selected')
  expect(await page.evaluate('getSelection().toString()')).toBe(await id.textContent())
  expect(await findings(page)).toEqual([])
  expect(portal.complaints).toEqual([])
})

test('every page fits a window at 200 %, and one whose text alone is twice as large', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const zoomed = await portal.visit({ viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 })
  const large = await portal.visit({ viewport: { width: 1280, height: 800 } })
  const widthOf = (page: Page) => page.evaluate('document.documentElement.scrollWidth')
  for (const [what, path] of Object.entries(portal.pages)) {
    await zoomed.goto(path)
    expect([what, await widthOf(zoomed)]).toEqual([what, 640])
    await large.goto(path)
    await large.evaluate('document.documentElement.style.fontSize = "200%"')
    expect([what, await widthOf(large)]).toEqual([what, 1280])
  }
})

test('on a narrow screen nothing that is told or looked for is wider than the window', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit({ viewport: { width: 320, height: 640 } })
  const widthOf = () => page.evaluate('document.documentElement.scrollWidth')
  for (const path of [
    `/portal/find?q=${'x'.repeat(120)}`,
    `/portal/machines?q=${'x'.repeat(120)}`,
    `/portal/audit?correlationId=${'x'.repeat(120)}`,
    portal.pages.machine ?? '',
  ]) {
    await page.goto(path)
    expect([path, await widthOf()]).toEqual([path, 320])
  }
  const scope = `/subscriptions/${portal.subscriptionId}/resourceGroups/shop`
  await page.goto('/portal/roles')
  await page.getByLabel('To whom').fill('web-1')
  await page.getByLabel('Where').last().fill(scope)
  await page.getByRole('button', { name: 'Give the role' }).click()
  await page.getByText('It counts from the next request on.').waitFor()
  expect(await widthOf()).toBe(320)
})

test('a group that is chosen by its link leaves what else was chosen', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit()
  await page.goto('/portal/join')
  await page.getByLabel('Good for').selectOption('a day')
  await page.getByLabel('How many servers').fill('5')
  await page.getByRole('link', { name: 'shop' }).click()
  expect(await page.getByLabel('Resource group').inputValue()).toBe('shop')
  expect(await page.getByLabel('How many servers').inputValue()).toBe('5')
  expect(await page.getByLabel('Good for').inputValue()).toBe('86400')
  expect(portal.complaints).toEqual([])
})

test('by the keyboard alone a person fills in a form and sends it', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit()
  await page.goto('/portal/groups')
  await tabTo(page, 'Name')
  await page.keyboard.type('staff')
  await tabTo(page, 'What the provider calls it (a value of the groups claim)')
  await page.keyboard.type('platform')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByText('is made, and needs a role.').waitFor()
  const { body } = await portal.ask('/landfast/v1/groups')
  expect(body.value).toContainEqual(expect.objectContaining({ displayName: 'staff', claimValue: 'platform' }))
})

test('a screen reader finds landmarks, headings in order, and no two buttons of one name', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit()
  for (const [what, path] of Object.entries(portal.pages)) {
    await page.goto(path)
    const tree = await page.locator('body').ariaSnapshot()
    for (const landmark of ['- banner:', '- navigation "Portal":', '- main:'])
      expect([what, landmark, tree.includes(landmark)]).toEqual([what, landmark, true])
    const levels = Array.from(tree.matchAll(/- heading .*\[level=(\d)\]/g), ([, level]) => Number(level))
    expect([what, levels.filter((level) => level === 1).length]).toEqual([what, 1])
    expect([what, levels.some((level, index) => level > (levels[index - 1] ?? 0) + 1)]).toEqual([what, false])
    const buttons = Array.from(tree.matchAll(/- button "(.*)"/g), ([, name]) => name)
    if (!NAMESAKES.includes(what))
      expect([what, buttons.toSorted()]).toEqual([what, [...new Set(buttons)].toSorted()])
  }
})

test('a screen reader hears what the parts of a machine are', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit()
  await page.goto(portal.pages.machine ?? '')
  const tree = await page.locator('main').ariaSnapshot()
  for (const part of [
    '- heading "web-1" [level=1]',
    '- status: Connected',
    '- button "Copy the object id"',
    '- table "Certificates"',
    '- columnheader "Ends"',
    '- heading "Disable" [level=3]',
    '- button "Disable"',
    '- textbox "Type its name to delete it"',
  ])
    expect(tree).toContain(part)
  expect(tree).toMatch(/in \d+ days \d{4}-\d\d-\d\d \d\d:\d\d UTC/)
})

test('in forced colours the focus, a status and the present page can be seen', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit({ forcedColors: 'active' })
  const back = await style(page, 'html', 'backgroundColor')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  expect([await style(page, ':focus', 'outlineStyle'), await style(page, ':focus', 'outlineWidth')]).toEqual([
    'solid',
    '3px',
  ])
  expect(await style(page, ':focus', 'outlineColor')).not.toBe(back)
  expect(await style(page, '.badge', 'borderTopStyle')).toBe('solid')
  expect(await style(page, '.badge', 'borderTopColor')).not.toBe(back)
  const present = 'nav a[aria-current]'
  expect(await style(page, present, 'backgroundColor')).not.toBe(back)
  expect(await style(page, present, 'backgroundColor')).not.toBe(
    await style(page, 'nav a:not([aria-current])', 'backgroundColor'),
  )
  expect(await style(page, present, 'color')).not.toBe(await style(page, present, 'backgroundColor'))
})
