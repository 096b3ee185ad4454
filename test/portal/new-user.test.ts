/** How far four tasks of a new user are from the overview, counted in a real browser. docs/portal.md has the figures. */

import type { Locator, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { askForToken, makeAssertion } from '../../packages/control-plane/src/testing/trial.ts'
import type { EnrolledMachine } from '../../packages/control-plane/src/testing/trial-onboarding.ts'
import { skipWithoutChromium, startVisitedPortal, type VisitedPortal } from './visited-portal.ts'

/** A person at the overview, whose clicks and pages are counted. */
async function sitDown(portal: VisitedPortal) {
  const page = await portal.visit()
  await page.goto('/portal')
  const counted = { clicks: 0, pages: 0 }
  // A script that takes what was done out of the address makes no page.
  page.on('response', (answer) => {
    if (answer.request().isNavigationRequest() && answer.ok()) counted.pages += 1
  })
  const click = async (target: Locator) => {
    counted.clicks += 1
    await target.click()
  }
  const menu = (name: string) => click(page.getByRole('navigation').getByRole('link', { name, exact: true }))
  return { page, counted, click, menu }
}

/** Asks for a token as the agent does. */
async function askAs(machine: EnrolledMachine, { controlPlane, clock }: VisitedPortal): Promise<number> {
  const given = { controlPlane: controlPlane as never, clock }
  const assertion = await makeAssertion(machine, given)
  return (await askForToken(machine, given, { client_assertion: assertion })).status
}

async function sees(page: Page, text: string | RegExp): Promise<void> {
  await page.getByText(text).first().waitFor()
}

test('the line that joins a server is two clicks away', async (context) => {
  skipWithoutChromium(context)
  const { page, counted, click, menu } = await sitDown(await startVisitedPortal('sqlite'))
  await menu('Join a server')
  await page.getByLabel('Resource group').fill('shop')
  await click(page.getByRole('button', { name: 'Make the line for the server' }))
  await sees(page, /printf %s 'lfjt1\.[^']+' \| sudo landfast connect/)
  expect(counted).toEqual({ clicks: 2, pages: 2 })
})

test('why a machine has no token is three clicks away', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const machine = await portal.enrolMachine('web-3')
  const { resourceId } = machine.identity
  await portal.ask('/landfast/v1/machines/disable', { method: 'POST', json: { resourceId } })
  expect(await askAs(machine, portal)).toBe(400)
  await expect
    .poll(() => portal.audited('issue-token'))
    .toContainEqual(expect.objectContaining({ outcome: 'refused' }))
  const { page, counted, click, menu } = await sitDown(portal)
  await menu('Machines')
  await click(page.getByRole('link', { name: 'web-3' }))
  await click(page.locator('summary').filter({ hasText: 'refused' }))
  await sees(page, 'the client is disabled')
  expect(counted).toEqual({ clicks: 3, pages: 2 })
})

test('a role is taken away by two clicks', async (context) => {
  skipWithoutChromium(context)
  const { page, counted, click, menu } = await sitDown(await startVisitedPortal('sqlite'))
  await menu('Roles')
  const row = page.getByRole('row').filter({ hasText: 'Reader' })
  await click(row.getByRole('button', { name: 'Take away' }))
  await sees(page, 'was taken away from')
  expect(counted).toEqual({ clicks: 2, pages: 2 })
})

test('who got a token yesterday for a machine is four clicks away', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const machine = await portal.enrolMachine('web-3')
  expect(await askAs(machine, portal)).toBe(200)
  await expect
    .poll(() => portal.audited('issue-token'))
    .toContainEqual(expect.objectContaining({ outcome: 'done' }))
  portal.clock.advance(86_400)
  const { page, counted, click, menu } = await sitDown(portal)
  await menu('Machines')
  await click(page.getByRole('link', { name: 'web-3' }))
  await click(page.getByRole('link', { name: 'The audit trail of this machine' }))
  await click(page.getByRole('link', { name: 'Yesterday' }))
  await page.locator('summary').filter({ hasText: 'issue-token' }).first().waitFor()
  expect(counted).toEqual({ clicks: 4, pages: 4 })
})
