import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { controlPlaneOptions, defaultFolder } from './control-plane-options.ts'
import { CONTROL_PLANE_SETTINGS } from './control-plane-settings.ts'
import { parseSettings, type SettingTexts } from './settings-table.ts'

const settings = (texts: Record<string, string> = {}) =>
  parseSettings(
    CONTROL_PLANE_SETTINGS,
    Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, { text, origin: 'f', folder: '/' }]),
    ) as SettingTexts,
  )

test('an ordinary user’s state is where the XDG rules put it, root’s where services have theirs', () => {
  expect(defaultFolder({ HOME: '/h' }, 1000)).toBe('/h/.local/state/landfast/control-plane')
  expect(defaultFolder({ HOME: '/h', XDG_STATE_HOME: '/x' }, 1000)).toBe('/x/landfast/control-plane')
  expect(defaultFolder({ HOME: '/h', XDG_STATE_HOME: 'x' }, 1000)).toBe(
    '/h/.local/state/landfast/control-plane',
  )
  expect(defaultFolder({ HOME: '/root' }, 0)).toBe('/var/lib/landfast-control-plane')
})

test('with no settings nothing is set that has no default', async () => {
  const options = await controlPlaneOptions(settings())
  expect(options).toMatchObject({
    host: '127.0.0.1',
    port: 8443,
    tokenLifetimeSeconds: 3600,
    signingKeyDays: 30,
    recoveryDays: 90,
  })
  for (const name of ['url', 'tls', 'issuerV1', 'databaseUrl', 'portalProvider', 'encryptionKey'])
    expect(options).not.toHaveProperty(name)
})

test('the issuer names the tenant where the setting says so', async () => {
  const { issuerV1 } = await controlPlaneOptions(
    settings({ 'issuer-v1': 'https://sts.windows.net/{tenant}/' }),
  )
  expect(issuerV1?.('t1')).toBe('https://sts.windows.net/t1/')
})

test('a list has no empty parts', async () => {
  const { tokenVersion2Audiences } = await controlPlaneOptions(
    settings({ 'token-version-2-audiences': 'api://a, api://b,' }),
  )
  expect(tokenVersion2Audiences).toEqual(['api://a', 'api://b'])
})

test('a provider of the portal has an issuer, a client id and, from a file, a secret', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'provider-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'secret')
  writeFileSync(file, 'a secret\n', { mode: 0o600 })
  const issuer = 'https://login.example.com'
  const texts = { 'portal-oidc-issuer': issuer, 'portal-oidc-client-id': 'portal' }
  const usual = { issuer, clientId: 'portal', groupsClaim: 'groups', scopes: ['openid', 'profile'] }
  expect(await controlPlaneOptions(settings(texts))).toMatchObject({ portalProvider: usual })
  const full = {
    ...texts,
    'portal-oidc-client-secret-file': file,
    'portal-oidc-groups-claim': 'teams',
    'portal-oidc-scopes': 'openid, email',
  }
  expect((await controlPlaneOptions(settings(full))).portalProvider).toEqual({
    ...{ issuer, clientId: 'portal', clientSecret: 'a secret' },
    ...{ groupsClaim: 'teams', scopes: ['openid', 'email'] },
  })
})

test.each(['portal-oidc-issuer', 'portal-oidc-client-id'])('%s alone is no provider', async (name) => {
  const alone = settings({ [name]: 'https://login.example.com' })
  await expect(controlPlaneOptions(alone)).rejects.toMatchObject({ code: 'argument_missing' })
})

test('a database URL and a file with one are in each other’s way', async () => {
  const both = settings({ 'database-url': 'postgresql://h/d', 'database-url-file': '/f' })
  await expect(controlPlaneOptions(both)).rejects.toMatchObject({ code: 'argument_invalid' })
})
