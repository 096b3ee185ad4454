/** The sign-in by the company's OpenID provider in a real browser, whose rules for cookies and forms are its own. */

import { chromium, type Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { HOST } from '../../packages/control-plane/src/testing/foreign-server.ts'
import { ROLE } from '../../packages/control-plane/src/testing/trial-resource-manager.ts'
import { findings } from './axe-findings.ts'
import { type OpenIdTrial, startOpenIdTrial } from './openid-trial.ts'
import { CHROMIUM, skipWithoutChromium } from './visited-portal.ts'

/** A page of a new browser, which knows where the provider is. */
async function open({ controlPlane }: OpenIdTrial, javaScriptEnabled: boolean) {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage', `--host-resolver-rules=MAP ${HOST} 127.0.0.1`],
  })
  onTestFinished(() => browser.close())
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    baseURL: controlPlane.url,
    javaScriptEnabled,
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(`${page.url()}: ${message.text()}`))
  return { page, context, complaints }
}

async function textOf(page: Page): Promise<string> {
  return (await page.locator('header').textContent()) ?? ''
}

test.for([true, false])(
  'with script %s a person comes from a page of the portal to the provider and back to that page',
  async (script, context) => {
    skipWithoutChromium(context)
    const trial = await startOpenIdTrial({ provider: { asksFirst: true } })
    await trial.addGroup(ROLE.reader)
    const { page, context: visited, complaints } = await open(trial, script)
    await page.goto('/portal/machines?tag=env')
    if (script) expect(await findings(page)).toEqual([])
    await page.getByRole('link', { name: `Sign in with ${HOST}` }).click()
    await page.getByRole('button', { name: 'It is me' }).click()
    await page.waitForURL('**/portal/machines?tag=env')
    expect(await textOf(page)).toContain('Signed in as ada@example.com')
    const cookies = await visited.cookies(trial.controlPlane.url)
    expect(cookies.map(({ name, sameSite, secure, httpOnly }) => [name, sameSite, secure, httpOnly])).toEqual(
      [['__Host-landfast-portal', 'Strict', true, true]],
    )
    await page.getByRole('link', { name: 'Machines', exact: true }).click()
    expect(await textOf(page)).toContain('ada@example.com')
    await page.goBack()
    await page.waitForURL('**/portal/machines?tag=env')
    expect(page.url()).not.toContain('code=')
    expect(complaints).toEqual([])
  },
)

test('who signs out comes in again by one click, and who has no role reads why', async (context) => {
  skipWithoutChromium(context)
  const trial = await startOpenIdTrial()
  const group = await trial.addGroup(ROLE.reader)
  const { page } = await open(trial, true)
  const comeIn = async () => {
    await page.goto('/portal/sign-in')
    await page.getByRole('link', { name: `Sign in with ${HOST}` }).click()
  }
  await comeIn()
  await page.waitForURL('**/portal')
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.waitForURL('**/portal/sign-in')
  await comeIn()
  await page.waitForURL('**/portal')
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.waitForURL('**/portal/sign-in')
  await trial.ask(`/landfast/v1/groups/${group}`, { method: 'DELETE' })
  await comeIn()
  await page.waitForURL('**/portal/sign-in/callback?**')
  expect(await findings(page)).toEqual([])
  expect(await page.getByRole('alert').textContent()).toContain(
    'neither you nor one of your groups has a role',
  )
})
