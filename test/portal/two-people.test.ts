/** Two people at one machine: the slower one undoes nothing, and sees what the other one did. */

import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { DATABASES } from '../../packages/control-plane/src/testing/trial-database.ts'
import { findings } from './axe-findings.ts'
import { skipWithoutChromium, startVisitedPortal, type VisitedPortal } from './visited-portal.ts'

/** What Chromium itself says of a page that was refused with 412, or is there no more. */
const STATUS_NOTE = /Failed to load resource: the server responded with a status of 4(04|12)/

/** Does something to the machine past the portal, as another person. */
async function act({ ask, subscriptionId }: VisitedPortal, verb: string, name = 'web-1'): Promise<void> {
  const resourceId = `/subscriptions/${subscriptionId}/resourceGroups/shop/providers/Microsoft.HybridCompute/machines/${name}`
  const { status } = await ask(`/landfast/v1/machines/${verb}`, { method: 'POST', json: { resourceId } })
  expect(status).toBe(200)
}

async function stateOf({ storage }: VisitedPortal, name: string): Promise<string | undefined> {
  const row = await storage.db
    .selectFrom('machine')
    .innerJoin('principal', 'principal.id', 'machine.principal_id')
    .select('principal.state')
    .where('machine.name', '=', name)
    .executeTakeFirst()
  return row?.state
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

const badge = (page: Page) => page.locator('#standing').textContent()

/** Opens the page of the machine, with the pointer at no form. */
async function open(page: Page, portal: VisitedPortal, name = 'web-1'): Promise<void> {
  await page.goto((portal.pages.machine ?? '').replace('web-1', name))
  await page.mouse.move(1, 1)
}

describe.each(DATABASES)('on %s', (database) => {
  test('who would enable what another one has disabled since, or delete what another one has deleted, is told who did it', async (context) => {
    skipWithoutChromium(context)
    const portal = await startVisitedPortal(database)
    const [first, second] = [await portal.visit(), await portal.visit({ javaScriptEnabled: false })]
    await act(portal, 'disable')
    await open(second, portal)
    await open(first, portal)
    portal.clock.advance(1)
    await button(first, 'Enable').click()
    portal.clock.advance(1)
    await button(first, 'Disable').click()
    await first.getByText('gets no more tokens').waitFor()
    portal.clock.advance(1)

    await button(second, 'Enable').click()
    expect(await second.getByRole('heading', { level: 1 }).textContent()).toBe('Somebody else was faster')
    expect(await second.locator('main .badge').first().textContent()).toBe('Disabled: no tokens')
    const who = await first.locator('.who bdi').textContent()
    expect(await second.locator('summary').first().textContent()).toContain('disable-machine')
    expect(await second.locator('summary').first().textContent()).toContain(who)
    expect(await stateOf(portal, 'web-1')).toBe('disabled')

    const third = await second.context().newPage()
    for (const page of [second, third]) await open(page, portal)
    await first.getByLabel('Type its name to delete it').fill('web-1')
    await button(first, 'Delete').click()
    await first.getByText(/The machine .* is deleted\./).waitFor()
    await second.getByLabel('Type its name to delete it').fill('web-1')
    await button(second, 'Delete').click()
    expect(await second.textContent('main')).toContain('There is no such machine any more.')
    expect(await second.locator('summary').first().textContent()).toContain('delete-machine')
    await button(third, 'Enable').click()
    expect(await third.textContent('main')).toContain('There is no such machine any more.')
    expect(portal.complaints.filter((one) => !STATUS_NOTE.test(one))).toEqual([])
  })

  test('an open page has the button for how the machine is, and leaves the one that a person is at', async (context) => {
    skipWithoutChromium(context)
    const portal = await startVisitedPortal(database)
    const page = await portal.visit()
    await open(page, portal)
    await act(portal, 'disable')
    await button(page, 'Enable').waitFor()
    expect(await badge(page)).toContain('Disabled: no tokens')
    expect(await button(page, 'Disable').count()).toBe(0)

    await button(page, 'Enable').hover()
    await page.getByLabel('Type its name to delete it').fill('web-1')
    await act(portal, 'enable')
    await act(portal, 'disable')
    const told = page.locator('.live')
    await expect.poll(() => told.textContent()).toContain('stays as it was')
    expect(await page.getByLabel('Type its name to delete it').inputValue()).toBe('web-1')
    expect(await findings(page)).toEqual([])

    await button(page, 'Delete').click()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Somebody else was faster')
    expect(await stateOf(portal, 'web-1')).toBe('disabled')
    expect(await findings(page)).toEqual([])
  })
})

test('a form that a person has let go of is the one of now, and does what it says', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit()
  await open(page, portal)
  await button(page, 'Disable').hover()
  await act(portal, 'disable')
  await expect.poll(() => page.locator('.live').textContent()).toContain('stays as it was')
  // What has grown above it has not pushed it away from under the pointer.
  expect(await page.locator('#state form:hover').count()).toBe(1)
  expect(await button(page, 'Disable').count()).toBe(1)
  await page.mouse.move(1, 1)
  await button(page, 'Enable').click()
  await page.getByText('gets tokens again').waitFor()
  expect(await stateOf(portal, 'web-1')).toBe('enabled')
})

/** What the page says under its heading of a change that it does not show. */
const told = (page: Page) => page.locator('.live').textContent()

/** Waits until the open page has been read anew, as it is after each change. */
async function untilReadAnew(page: Page, portal: VisitedPortal): Promise<void> {
  const read = page.waitForResponse((answer) => answer.request().headers()['landfast-live'] !== undefined)
  portal.storage.announce()
  await (await read).finished()
  // The page takes over what it has read within the turn that reads the end of the answer, and in no later one.
  await page.evaluate('new Promise((done) => setTimeout(done))')
}

async function tag({ ask, pages, clock }: VisitedPortal, tags: Record<string, string>): Promise<void> {
  clock.advance(1)
  const path = `${(pages.machine ?? '').replace('/portal', '')}?api-version=2025-01-13`
  expect((await ask(path, { method: 'PATCH', json: { tags } })).status).toBe(200)
}

/** A portal whose machine has tags that a form can write, and its page. */
async function openTagged(): Promise<{ portal: VisitedPortal; page: Page }> {
  const portal = await startVisitedPortal('sqlite')
  await tag(portal, { env: 'prod' })
  const page = await portal.visit()
  await open(page, portal)
  return { portal, page }
}

test('a form that is shown again is not taken for one that another person has changed, and keeps what was typed', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit()
  await open(page, portal)
  const field = page.getByLabel('Type its name to delete it')
  await field.fill('web-2')
  await button(page, 'Delete').click()
  await page.getByText('is the name of something else').waitFor()
  await page.mouse.move(1, 1)
  await field.blur()
  await untilReadAnew(page, portal)
  expect(await told(page)).toBe('')
  expect(await field.inputValue()).toBe('web-2')
  expect(await page.getByText('is the name of something else').count()).toBe(1)

  await act(portal, 'disable')
  await expect.poll(() => told(page)).toContain('stays as it was')
  expect(await field.inputValue()).toBe('web-2')
  await field.fill('web-1')
  await button(page, 'Delete').click()
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Somebody else was faster')
})

test('what a machine tells of itself is no change of a form, and the form does what it says', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit()
  const machine = await portal.enrolMachine('web-3')
  await open(page, portal, 'web-3')
  await button(page, 'Disable').hover()
  await portal.beat(machine, machine.nonce, { properties: { osSku: 'Debian GNU/Linux 13' } })
  await page.getByText('Debian GNU/Linux 13').waitFor()
  expect(await told(page)).toBe('')
  await button(page, 'Disable').click()
  await page.getByText('You disabled the machine').waitFor()
})

test('the tags, the trail and the form of the tags follow a change, and the form can be sent', async (context) => {
  skipWithoutChromium(context)
  const { portal, page } = await openTagged()
  await page.getByText('Change the tags').click()
  const entry = page.locator('#trail summary').first()
  await entry.click()
  await page.mouse.move(1, 1)
  await tag(portal, { env: 'prod', z: '1' })
  await expect.poll(() => page.locator('#tags').textContent()).toContain('z: 1')
  expect(await page.getByLabel('One a line').inputValue()).toBe('env=prod\nz=1')
  expect(await page.locator('#trail').textContent()).toContain('change-machine')
  // What was folded out stays so, beside what is new.
  expect(await page.locator('#trail details[open]').count()).toBe(1)
  expect(await page.locator('#trail details').first().getAttribute('open')).toBeNull()
  expect(await findings(page)).toEqual([])
  await button(page, 'Write the tags').click()
  await page.getByText('You wrote the tags.').waitFor()
})

test('while a person is at the form of the tags, the tags above it follow, and the page says that the form is of before', async (context) => {
  skipWithoutChromium(context)
  const { portal, page } = await openTagged()
  await page.getByText('Change the tags').click()
  const field = page.getByLabel('One a line')
  await field.fill('env=test')
  await tag(portal, { env: 'prod', z: '1' })
  await expect.poll(() => page.locator('#tags').textContent()).toContain('z: 1')
  await expect.poll(() => told(page)).toContain('stays as it was')
  expect(await field.inputValue()).toBe('env=test')
  await button(page, 'Write the tags').click()
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Somebody else was faster')
})
