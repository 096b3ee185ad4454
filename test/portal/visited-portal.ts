/**
 * A portal with something on every page, and Debian's Chromium that looks at it.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { expect, onTestFinished, type TestContext } from 'vitest'
import type { TrialDatabase } from '../../packages/control-plane/src/testing/trial-database.ts'
import { makePerson, PROVIDER } from '../../packages/control-plane/src/testing/trial-people.ts'
import { startTrialPortal, type TrialPortal } from '../../packages/control-plane/src/testing/trial-portal.ts'
import { ROLE } from '../../packages/control-plane/src/testing/trial-resource-manager.ts'

/** Debian's. */
export const CHROMIUM = '/usr/bin/chromium'

/** A text that would do harm if it were markup, or turn a line round. */
const ODD = `<img src=x onerror="document.title='hurt'">\u202etxt.exe`

/** A portal to look at. */
export interface VisitedPortal extends TrialPortal {
  /** The paths of its pages, by what they are. */
  pages: Readonly<Record<string, string>>
  /** A page of a new browser, where nobody is signed in. What its console says is added to `complaints`. */
  open(options?: BrowserContextOptions): Promise<Page>
  /** The same where an Owner is signed in. */
  visit(options?: BrowserContextOptions): Promise<Page>
  /** The same where somebody with this role at everything is signed in. */
  visitAs(role: string, options?: BrowserContextOptions): Promise<Page>
  complaints: string[]
}

/** Skips the running test where there is no Chromium. */
export function skipWithoutChromium(context: TestContext): void {
  context.skip(!existsSync(CHROMIUM), 'chromium is not installed; "npm run setup:parts" does it')
}

/** Starts one, on a database that may be there already, with something on every page unless it is to be empty; both are stopped after the test. */
export async function startVisitedPortal(
  database: TrialDatabase,
  {
    isEmpty = false,
    ...options
  }: NonNullable<Parameters<typeof startTrialPortal>[0]> & { isEmpty?: boolean } = {},
): Promise<VisitedPortal> {
  const trial = await startTrialPortal({ database, portalProvider: PROVIDER, ...options })
  const pages = isEmpty ? {} : await fill(trial)
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  })
  onTestFinished(() => browser.close())
  const complaints: string[] = []
  const open = async (options: BrowserContextOptions = {}) => {
    const baseURL = trial.controlPlane.url
    const context = await browser.newContext({ ignoreHTTPSErrors: true, baseURL, ...options })
    return heard(await context.newPage(), complaints)
  }
  const visitAs: VisitedPortal['visitAs'] = async (role, options) =>
    signedIn(trial, role, await open(options))
  return { ...trial, pages, open, visit: (options) => visitAs(ROLE.owner, options), visitAs, complaints }
}

/** Makes one of each, and answers where it is. */
async function fill(trial: TrialPortal): Promise<Record<string, string>> {
  const { subscriptionId, ask } = trial
  const machine = await trial.enrolMachine('web-1')
  expect((await trial.beat(machine, machine.nonce)).status).toBe(200)
  await trial.enrolMachine('web-2')
  const group = `/subscriptions/${subscriptionId}/resourceGroups/shop`
  const machinePath = `${group}/providers/Microsoft.HybridCompute/machines/web-1`
  const identity = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/backup`
  await ask(`${machinePath}?api-version=2025-01-13`, {
    method: 'PATCH',
    json: { tags: { odd: ODD, env: 'prod', ['n'.repeat(512)]: 'v'.repeat(256) } },
  })
  await ask(`${identity}?api-version=2024-11-30`, { method: 'PUT', json: { location: 'here' } })
  const application = await trial.addApplication({
    id: ROLE.reader,
    scope: `/subscriptions/${subscriptionId}`,
  })
  await makePerson(trial, 'groups', { displayName: ODD, claimValue: ODD })
  await makePerson(trial, 'users', { displayName: 'n'.repeat(120), subject: 's'.repeat(600) })
  return {
    overview: '/portal',
    machines: '/portal/machines',
    'no machines': '/portal/machines?tag=none',
    machine: `/portal${machinePath}`,
    find: '/portal/find',
    'several found': '/portal/find?q=web',
    'nothing found': '/portal/find?q=none',
    'entry by its id': '/portal/audit?correlationId=00000000-0000-4000-8000-000000000000',
    join: '/portal/join',
    identities: '/portal/identities',
    identity: `/portal${identity}`,
    'guide for GitHub': `/portal${identity}/federate/github`,
    'guide for Kubernetes': `/portal${identity}/federate/kubernetes`,
    roles: '/portal/roles',
    groups: '/portal/groups',
    users: '/portal/users',
    applications: '/portal/applications',
    application: `/portal/applications/${application.principalId}`,
    'guide for an application': `/portal/applications/${application.principalId}/federate/gitlab`,
    keys: '/portal/keys',
    audit: '/portal/audit',
    'audit of nobody': '/portal/audit?machine=nobody&code=1',
    settings: '/portal/settings',
    'no page': '/portal/none',
  }
}

function heard(page: Page, complaints: string[]): Page {
  page.on('console', (message) => complaints.push(`${page.url()}: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`))
  return page
}

async function signedIn(trial: TrialPortal, role: string, page: Page): Promise<Page> {
  const { clientId, secret } = await trial.addApplication({ id: role, scope: '/' })
  await page.goto('/portal/machines')
  await page.getByLabel('Client id', { exact: true }).fill(clientId)
  await page.getByLabel('Secret').fill(secret)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL(({ pathname }) => pathname === '/portal/machines')
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Machines')
  return page
}
