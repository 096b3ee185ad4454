/** Open pages that stay as it is at the control plane: on both databases, across replicas, and while something is broken. */

import type { Page, Request, Route } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { freePort } from '../../packages/control-plane/src/testing/postgres.ts'
import {
  makeKeys,
  startTrial,
  TRIAL_ENCRYPTION_KEY,
  temporaryFolder,
} from '../../packages/control-plane/src/testing/trial.ts'
import { DATABASES, trialDatabaseUrl } from '../../packages/control-plane/src/testing/trial-database.ts'
import { takeDatabaseAway } from '../../packages/control-plane/src/testing/trial-outage.ts'
import { childCommand, startChild } from '../agent/child.ts'
import { findings } from './axe-findings.ts'
import { skipWithoutChromium, startVisitedPortal } from './visited-portal.ts'

const AWAY = 'does not answer'

/** Opens a page whose clock stands still, so that what it does by itself after seconds is never the reason for what it shows. */
async function openHeld(page: Page, url: string): Promise<void> {
  await page.clock.install()
  await page.goto(url)
  await page.clock.pauseAt(new Date(Date.now() + 3_600_000))
  const streaming = page.waitForRequest('**/portal/live')
  await page.goto(url)
  await streaming
  // Once it has been read anew, the page and its stream have nothing between them.
  const read = page.waitForResponse(url)
  await page.clock.runFor(1_000)
  await read
}

/** What a row of the list says, a moment later for the page. */
async function rowOf(page: Page, name: string): Promise<string> {
  await page.clock.runFor(2)
  return (await page.getByRole('row').filter({ hasText: name }).allTextContents()).join()
}

function noticeOf(page: Page): Promise<string | null> {
  return page.locator('.live').textContent()
}

describe.each(DATABASES)('on %s', (database) => {
  test('a machine that joins, is connected or is disabled is shown so without a reload', async (context) => {
    skipWithoutChromium(context)
    const portal = await startVisitedPortal(database)
    const page = await portal.visit()
    await openHeld(page, `${portal.controlPlane.url}/portal/machines`)
    const machine = await portal.enrolMachine('web-9')
    await expect.poll(() => rowOf(page, 'web-9')).toContain('Awaiting connection')
    expect((await portal.beat(machine, machine.nonce)).status).toBe(200)
    await expect.poll(() => rowOf(page, 'web-9')).toContain('Connected')
    const { resourceId } = machine.identity
    await portal.ask('/landfast/v1/machines/disable', { method: 'POST', json: { resourceId } })
    await expect.poll(() => rowOf(page, 'web-9')).toContain('Disabled')
    expect(await noticeOf(page)).toBe('')
    await page.clock.resume()
    expect(await findings(page)).toEqual([])
  })

  test('while parts are shown anew, what was chosen stays chosen', async (context) => {
    skipWithoutChromium(context)
    const portal = await startVisitedPortal(database)
    const page = await portal.visit()
    await openHeld(page, `${portal.controlPlane.url}/portal/machines`)
    await page.getByRole('link', { name: 'web-2' }).focus()
    await portal.enrolMachine('web-10')
    await expect.poll(() => rowOf(page, 'web-10')).toContain('Awaiting')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('web-2')
  })
})

test('a machine that is accepted as restored is said to be so until its host has come, without a reload', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit()
  const machine = await portal.enrolMachine('web-9')
  await page.goto(`/portal${machine.identity.resourceId}`)
  await page.getByRole('button', { name: 'Accept', exact: true }).click()
  const caveat = page.locator('#caveat')
  await expect.poll(() => caveat.textContent()).toContain('Accepted as restored')
  await page.mouse.move(1, 1)
  expect(await page.locator('#accept-restored').textContent()).toContain('Open until')
  expect((await portal.renew(machine, await makeKeys())).status).toBe(200)
  await expect.poll(() => caveat.textContent()).toBe('')
  await expect.poll(() => page.locator('#accept-restored').textContent()).not.toContain('Open until')
  expect(await page.locator('main').textContent()).not.toContain('is taken.')
  expect(await noticeOf(page)).toBe('')
})

test('of six tabs of one browser one holds a stream, all show a change, and another one holds it when that is closed', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const first = await portal.visit()
  const streams: string[] = []
  first.context().on('request', (request) => {
    if (request.url().endsWith('/portal/live')) streams.push(request.url())
  })
  const tabs = [first]
  while (tabs.length < 6) tabs.push(await first.context().newPage())
  for (const tab of tabs) await tab.goto('/portal/machines')
  const shows = (name: string) => (tab: Page) => tab.getByRole('link', { name }).count()
  await portal.enrolMachine('web-8')
  for (const tab of tabs) await expect.poll(() => shows('web-8')(tab)).toBe(1)
  expect(streams.length).toBe(1)
  await first.close()
  await portal.enrolMachine('web-9')
  for (const tab of tabs.slice(1)) await expect.poll(() => shows('web-9')(tab)).toBe(1)
  await expect.poll(() => streams.length).toBe(2)
})

test('a change at one replica is shown by a page of another', async (context) => {
  skipWithoutChromium(context)
  const databaseUrl = (await trialDatabaseUrl('postgres')) ?? ''
  const portal = await startVisitedPortal('postgres', { databaseUrl })
  const other = await startTrial({ databaseUrl, now: portal.clock.now })
  const page = await portal.visit()
  await openHeld(page, `${other.controlPlane.url}/portal/machines`)
  await portal.enrolMachine('web-9')
  await expect.poll(() => rowOf(page, 'web-9')).toContain('Awaiting connection')
})

test('a page whose replica is killed says so, keeps what it shows, and goes on when one is there again', async (context) => {
  skipWithoutChromium(context)
  const databaseUrl = (await trialDatabaseUrl('postgres')) ?? ''
  const portal = await startVisitedPortal('postgres', { databaseUrl })
  const port = await freePort()
  const options = {
    stateFolder: await temporaryFolder(),
    databaseUrl,
    port,
    encryptionKey: TRIAL_ENCRYPTION_KEY,
  }
  const program = new URL('../database/replica-program.ts', import.meta.url)
  const startReplica = async () => {
    const child = startChild(childCommand(program, JSON.stringify(options)))
    const { url } = (await child.read()) as { url: string }
    return { child, url }
  }
  const { child, url } = await startReplica()
  const page = await portal.visit()
  await page.goto(`${url}/portal/machines`)
  await portal.enrolMachine('web-8')
  await expect.poll(() => page.getByRole('link', { name: 'web-8' }).count()).toBe(1)
  await child.end('SIGKILL')
  await expect.poll(() => noticeOf(page)).toContain(AWAY)
  expect(await page.getByRole('link', { name: 'web-8' }).count()).toBe(1)
  expect(await findings(page)).toEqual([])
  await portal.enrolMachine('web-9')
  await startReplica()
  await expect.poll(() => page.getByRole('link', { name: 'web-9' }).count()).toBe(1)
  await expect.poll(() => noticeOf(page)).toBe('')
})

test('while the database is away a page says so and keeps what it shows, and goes on by itself afterwards', async (context) => {
  skipWithoutChromium(context)
  const databaseUrl = (await trialDatabaseUrl('postgres')) ?? ''
  const portal = await startVisitedPortal('postgres', { databaseUrl })
  const page = await portal.visit()
  const bringBack = await takeDatabaseAway(databaseUrl)
  await expect.poll(() => noticeOf(page)).toContain(AWAY)
  expect(await page.getByRole('link', { name: 'web-2' }).count()).toBe(1)
  await bringBack()
  await expect.poll(() => noticeOf(page)).toBe('')
  await portal.enrolMachine('web-9')
  await expect.poll(() => page.getByRole('link', { name: 'web-9' }).count()).toBe(1)
})

test('a page of somebody who was signed out, or of what was deleted, says that it stays as it is', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit()
  await page.getByRole('link', { name: 'web-2' }).click()
  await page.waitForURL('**/machines/web-2')
  const path = new URL(page.url()).pathname.replace('/portal', '')
  await portal.ask(`${path}?api-version=2025-01-13`, { method: 'DELETE' })
  await expect.poll(() => noticeOf(page)).toContain('stays as it is')
  await page.goto('/portal/machines')
  portal.clock.advance(3_601)
  portal.storage.announce()
  await expect.poll(() => noticeOf(page)).toContain('signed out')
})

test.for([
  { what: 'is refused', answer: (route: Route) => route.fulfill({ status: 503 }) },
  { what: 'is kept by a proxy', answer: async () => {} },
])('a page whose stream $what asks by itself', async ({ answer }, context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit()
  await page.route('**/portal/live', answer)
  await openHeld(page, `${portal.controlPlane.url}/portal/machines`)
  for (const name of ['web-8', 'web-9']) {
    await portal.enrolMachine(name)
    await page.clock.runFor(6_000)
    await expect.poll(() => rowOf(page, name)).toContain('Awaiting connection')
  }
  expect(await noticeOf(page)).toBe('')
})

test('a page that is told to ask less often goes on later', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit()
  const isRead = (request: Request) => request.headers()['landfast-live'] !== undefined
  await page.route('**/portal/machines', (route) =>
    isRead(route.request()) ? route.fulfill({ status: 429 }) : route.continue(),
  )
  portal.storage.announce()
  await expect.poll(() => noticeOf(page)).toContain(AWAY)
  await page.unroute('**/portal/machines')
  await portal.enrolMachine('web-9')
  await expect.poll(() => page.getByRole('link', { name: 'web-9' }).count()).toBe(1)
  await expect.poll(() => noticeOf(page)).toBe('')
})
