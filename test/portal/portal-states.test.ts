/** States of pages to which no action comes that succeeds: refusals, what a reader sees, an empty control plane, what is opened. */

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { query } from '../../packages/control-plane/src/testing/postgres.ts'
import { trialDatabaseUrl } from '../../packages/control-plane/src/testing/trial-database.ts'
import { ROLE } from '../../packages/control-plane/src/testing/trial-resource-manager.ts'
import { findingsInEveryColour } from './axe-findings.ts'
import { skipWithoutChromium, startVisitedPortal } from './visited-portal.ts'

/** What Chromium itself says of a page with such a status. */
const STATUS_NOTE = /Failed to load resource: the server responded with a status of (4\d\d|503)/

const EMPTY_PATHS = [
  ...['/portal', '/portal/machines', '/portal/join', '/portal/identities', '/portal/roles', '/portal/groups'],
  ...['/portal/users', '/portal/applications', '/portal/keys', '/portal/audit'],
]

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

async function lookAt(page: Page, what: string): Promise<void> {
  expect([what, await findingsInEveryColour(page)]).toEqual([what, []])
}

/** Some twenty pages, each looked at twice. */
const READER_MILLISECONDS = 300_000

test('axe finds nothing on what a reader sees, and on what is opened', {
  timeout: READER_MILLISECONDS,
}, async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visitAs(ROLE.reader)
  for (const [what, path] of Object.entries(portal.pages)) {
    await page.goto(path)
    await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true')
    await lookAt(page, what)
  }
  expect(portal.complaints.filter((one) => !STATUS_NOTE.test(one))).toEqual([])
})

test('axe finds nothing on the pages of what is refused', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visitAs(ROLE.onboarding)
  await page.goto('/portal/keys')
  await page.getByRole('heading', { name: 'You may not do this' }).waitFor()
  await lookAt(page, '403')

  const owner = await portal.visit()
  await owner.goto('/portal/identities')
  await owner.getByLabel('Name', { exact: true }).fill('backup')
  await owner.getByLabel('Resource group of the new one').fill('shop')
  await press(owner, 'Make the identity')
  await owner.getByText('There is one of this name already.').waitFor()
  await lookAt(owner, '409')
  expect(portal.complaints.filter((one) => !STATUS_NOTE.test(one))).toEqual([])
})

test('axe finds nothing on the pages of a control plane that has nothing yet', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite', { isEmpty: true })
  const page = await portal.visit()
  for (const path of EMPTY_PATHS) {
    await page.goto(path)
    await lookAt(page, path)
  }
  expect(portal.complaints).toEqual([])
})

test('axe finds nothing on the page that says that the database is away', async (context) => {
  skipWithoutChromium(context)
  const databaseUrl = (await trialDatabaseUrl('postgres')) ?? ''
  const portal = await startVisitedPortal('postgres', { databaseUrl, isEmpty: true })
  const page = await portal.visit()
  const name = new URL(databaseUrl).pathname.slice(1)
  const server = new URL('/postgres', databaseUrl).href
  await query(server, `alter database ${name} allow_connections false`)
  await query(server, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
  await page.goto('/portal/keys')
  await page.getByText('The database does not answer.').waitFor()
  await lookAt(page, '503')
  await query(server, `alter database ${name} allow_connections true`)
  expect(portal.complaints.filter((one) => !STATUS_NOTE.test(one))).toEqual([])
})
