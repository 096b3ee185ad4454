/** The ways into the portal in a real browser: by a certificate that openssl made, and by the link of `landfast portal`. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { codeLink } from '../../packages/control-plane/src/testing/trial-portal.ts'
import { ROLE } from '../../packages/control-plane/src/testing/trial-resource-manager.ts'
import { whatIsLacking } from '../privilege.ts'
import { findings } from './axe-findings.ts'
import { startRecordingProxy } from './recording-proxy.ts'
import { skipWithoutChromium, startVisitedPortal, type VisitedPortal } from './visited-portal.ts'

const KINDS = {
  RSA: ['rsa:2048'],
  'P-256': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'P-384': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
} as const

/** A certificate and its key, and what openssl makes of the key. */
function makePem(kind: keyof typeof KINDS) {
  const folder = mkdtempSync(join(tmpdir(), 'landfast-portal-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  openssl(
    ...['req', '-x509', '-nodes', '-days', '30', '-subj', '/CN=deploy'],
    ...['-newkey', ...KINDS[kind], '-keyout', 'key.pem', '-out', 'certificate.pem'],
  )
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  return { certificate: read('certificate.pem'), key: read('key.pem'), openssl }
}

/** A portal with an application that has the certificate, and the sign-in page in a browser. */
async function startAtSignIn(context: TestContext, kind: keyof typeof KINDS) {
  skipWithoutChromium(context)
  const lacking = whatIsLacking(['openssl'])
  context.skip(lacking !== undefined, lacking)
  const portal = await startVisitedPortal('sqlite')
  const pem = makePem(kind)
  const application = await portal.addApplication({ id: ROLE.owner, scope: '/' })
  const proxy = await startRecordingProxy(portal.controlPlane.url, makePem('P-256'))
  const page = await portal.open({ baseURL: proxy.url })
  await page.goto('/portal/sign-in?back=/portal/keys')
  return { portal, page, heard: proxy.heard, ...pem, ...application }
}

async function register({ ask }: VisitedPortal, principalId: string, certificate: string): Promise<void> {
  const path = `/landfast/v1/service-principals/${principalId}/certificates`
  expect((await ask(path, { method: 'POST', json: { certificate } })).status).toBe(201)
}

async function present(page: Page, clientId: string, file: string): Promise<void> {
  await page.getByLabel('Client id of the certificate').fill(clientId)
  await page
    .getByLabel('Certificate and private key (PEM)')
    .setInputFiles({ name: 'both.pem', mimeType: 'application/x-pem-file', buffer: Buffer.from(file) })
  await page.getByRole('button', { name: 'Sign in with the certificate' }).click()
}

test.for(['RSA', 'P-256'] as const)(
  'a certificate with an %s key signs in, and no request of the browser carries the key',
  async (kind, context) => {
    const { portal, page, heard, certificate, key, principalId, clientId } = await startAtSignIn(
      context,
      kind,
    )
    await register(portal, principalId, certificate)
    await present(page, clientId, certificate + key)
    await page.waitForURL(({ pathname }) => pathname === '/portal/keys')
    const sent = heard().join('\n')
    expect(sent).toContain('assertion=ey')
    const secrets = key.split('\n').filter((line) => line !== '' && !line.startsWith('-'))
    for (const secret of [...secrets, 'PRIVATE KEY']) {
      for (const written of [
        secret,
        encodeURIComponent(secret),
        new URLSearchParams([['', secret]]).toString(),
      ])
        expect(sent).not.toContain(written.replace(/^=/, ''))
    }
    expect(portal.complaints).toEqual([])
  },
)

test('a browser whose clock is wrong signs in all the same', async (context) => {
  const { portal, page, certificate, key, principalId, clientId } = await startAtSignIn(context, 'P-256')
  await register(portal, principalId, certificate)
  await page.clock.setFixedTime(new Date('2001-01-01T00:00:00Z'))
  await page.reload()
  await present(page, clientId, certificate + key)
  await page.waitForURL(({ pathname }) => pathname === '/portal/keys')
})

test('a key that browsers do not read is refused in words that say what to do, and nothing is sent', async (context) => {
  const { page, heard, certificate, key, openssl, clientId } = await startAtSignIn(context, 'RSA')
  const curve = makePem('P-256')
  const other = makePem('P-384')
  const files: readonly (readonly [said: string, file: string])[] = [
    ['is encrypted', certificate + openssl('pkcs8', '-topk8', '-passout', 'pass:trial', '-in', 'key.pem')],
    ['PKCS#1', certificate + openssl('rsa', '-traditional', '-in', 'key.pem')],
    [
      'PKCS#1',
      certificate + openssl('rsa', '-traditional', '-aes256', '-passout', 'pass:trial', '-in', 'key.pem'),
    ],
    ['SEC1', curve.certificate + curve.openssl('ec', '-in', 'key.pem')],
    ['neither an RSA key nor one on the curve P-256', other.certificate + other.key],
    ['has no private key', certificate],
    ['has no certificate', key],
    ['has no certificate', 'x'],
    ['is damaged', certificate + key.replace('MII', 'M!I')],
  ]
  for (const [said, file] of files) {
    await present(page, clientId, file)
    const alert = page.getByRole('alert')
    await expect.poll(() => alert.textContent()).toContain(said)
    await alert.evaluate((element) => element.replaceChildren())
  }
  expect(heard().join('\n')).not.toContain('POST /')
})

test('a certificate that the application does not have is refused by the page, and counted as a wrong credential', async (context) => {
  const { portal, page, certificate, key, clientId } = await startAtSignIn(context, 'P-256')
  await present(page, clientId, certificate + key)
  await page.waitForURL('**/portal/sign-in/certificate')
  expect(await page.getByRole('alert').first().textContent()).toContain('certificate_wrong')
  expect(await page.getByLabel('Client id of the certificate').inputValue()).toBe(clientId)
  await expect
    .poll(async () => (await portal.audited('issue-token')).filter(({ outcome }) => outcome === 'refused'))
    .toMatchObject([{ code: '700027' }])
})

test('without script the page says how a certificate signs in', async (context) => {
  skipWithoutChromium(context)
  const page = await (await startVisitedPortal('sqlite')).open({ javaScriptEnabled: false })
  await page.goto('/portal/sign-in')
  expect(await page.getByLabel('Certificate and private key (PEM)').isVisible()).toBe(false)
  const line = `landfast login --url ${new URL(page.url()).origin} --ca-file ca.pem --service-principal-id ID`
  expect(await page.textContent('main')).toContain(line)
})

test('a link from elsewhere names its account, and says who is signed in before it exchanges them', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const page = await portal.visit()
  const before = await page.locator('.who span').textContent()
  const link = portal.controlPlane.url + (await codeLink(portal))
  await page.goto(`data:text/html,<a href="${link}">here</a>`)
  await page.getByRole('link', { name: 'here' }).click()
  expect(await page.textContent('main')).toContain(portal.owner.clientId)
  expect(await page.getByRole('alert').count()).toBe(0)
  await page.getByRole('button', { name: /^Sign in as/ }).click()
  expect(await page.getByRole('alert').textContent()).toContain('is signed in')
  expect(await page.locator('.who span').textContent()).toBe(before)
  expect(await findings(page)).toEqual([])
  await page.getByRole('button', { name: /^Sign in as/ }).click()
  await page.waitForURL('**/portal')
  expect(await page.locator('.who span').textContent()).not.toBe(before)
})

test('axe finds nothing on the pages before a session, and they fit 320 pixels', async (context) => {
  skipWithoutChromium(context)
  const portal = await startVisitedPortal('sqlite')
  const paths = ['/portal/sign-in', await codeLink(portal), '/portal/sign-in/code?code=x']
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await portal.open({ colorScheme, viewport: { width: 320, height: 640 } })
    for (const path of paths) {
      await page.goto(path)
      expect([path, await findings(page)]).toEqual([path, []])
      expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 320])
    }
  }
})
