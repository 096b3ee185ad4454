import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeChoice } from '@landfast/server/proxy'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PROXY_SETTINGS } from './proxy-rows.ts'
import { keepProxy, openProxies, proxyTexts, readProxies, withKeptProxy } from './proxy-settings.ts'
import { parseSettings } from './settings-table.ts'

const URL_ASKED = new URL('https://id.test:8443')

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'proxy-'))
  for (const name of ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'no_proxy', 'NO_PROXY']) {
    vi.stubEnv(name, undefined)
  }
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function fileOf(text: string, mode = 0o600): string {
  const file = join(folder, 'file')
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}

const valuesOf = (texts: Record<string, string>) =>
  parseSettings(
    PROXY_SETTINGS,
    Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, { text, origin: 'test', folder: '/' }]),
    ),
  )

test.each([
  ['proxy-url', 'http://user:MARKED@proxy.test:1', 'proxy-credentials-file'],
  ['proxy-url', 'socks5://MARKED:x@proxy.test:1', 'http://'],
  ['proxy-bypass', 'a,10.0.0.0/33', '10.0.0.0/33'],
])('the setting "%s" is not "%s"', (name, text, cure) => {
  expect(() => valuesOf({ [name]: text })).toThrow(
    expect.objectContaining({ code: 'argument_invalid', message: expect.stringContaining(cure) }),
  )
  expect(() => valuesOf({ [name]: text })).not.toThrow('MARKED')
})

test.each([
  ['nothing', ''],
  ['no colon', 'MARKED'],
  ['no user', ':MARKED'],
  ['no password', 'MARKED:'],
  ['two lines', 'user:MARKED\nmore'],
  ['a control character', 'user:MARKED\x07'],
])('a file of credentials with %s is refused, and nothing of it is repeated', async (_, text) => {
  const opening = openProxies(valuesOf({ 'proxy-credentials-file': fileOf(text) }))
  await expect(opening).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.not.stringContaining('MARKED'),
  })
})

test('a file of credentials that others may read is refused', async () => {
  const file = fileOf('user:password', 0o640)
  await expect(openProxies(valuesOf({ 'proxy-credentials-file': file }))).rejects.toMatchObject({
    code: 'secret_file_unsafe',
  })
})

test('a password may hold colons, and one that was changed counts at once', async () => {
  const file = fileOf('user:a:b\n')
  const proxies = await openProxies(
    valuesOf({ 'proxy-url': 'http://p.test:1', 'proxy-credentials-file': file }),
  )
  const { proxy } = proxies.choose(URL_ASKED)
  expect(await proxy?.credentials()).toBe('user:a:b')
  writeFileSync(file, 'user:c\r\n')
  expect(await proxy?.credentials()).toBe('user:c')
  writeFileSync(file, '')
  await expect(proxy?.credentials()).rejects.toMatchObject({ code: 'proxy_credentials_unreadable' })
})

async function choiceBy(flags: object, kept?: object): Promise<string> {
  return describeChoice((await readProxies(flags, { kept: { ...kept } })).choose(URL_ASKED))
}

test('a flag counts before a variable, that before what is kept, and HTTPS_PROXY last', async () => {
  const kept = { 'proxy-url': 'http://kept.test:1' }
  vi.stubEnv('HTTPS_PROXY', 'http://environment.test:1')
  expect(await choiceBy({})).toBe('through the proxy "http://environment.test:1" of HTTPS_PROXY')
  expect(await choiceBy({}, kept)).toContain('http://kept.test:1')
  vi.stubEnv('LANDFAST_PROXY_URL', 'http://variable.test:1')
  expect(await choiceBy({}, kept)).toContain('http://variable.test:1')
  expect(await choiceBy({ proxyUrl: 'http://flag.test:1' }, kept)).toContain('http://flag.test:1')
  expect(await choiceBy({ proxyBypass: '*' }, kept)).toBe('directly, since "proxy-bypass" has "*"')
})

test('what is kept is what flags and our variables said, with absolute paths, and nothing of HTTPS_PROXY', () => {
  vi.stubEnv('HTTPS_PROXY', 'http://user:MARKED@environment.test:1')
  expect(keepProxy(proxyTexts({}))).toBeUndefined()
  vi.stubEnv('LANDFAST_PROXY_BYPASS', 'a.test')
  expect(keepProxy(proxyTexts({ proxyUrl: 'p.test:3128', proxyCaFile: 'ca.pem' }))).toEqual({
    'proxy-url': 'p.test:3128',
    'proxy-bypass': 'a.test',
    'proxy-ca-file': join(process.cwd(), 'ca.pem'),
  })
})

test('a service takes each setting that it lacks from what the registration kept', () => {
  const values = valuesOf({ 'proxy-bypass': '*' })
  const kept = { 'proxy-url': 'http://kept.test:1', 'proxy-bypass': 'x', unknown: 'y' }
  expect(withKeptProxy(values, kept)).toMatchObject({
    'proxy-url': { url: 'http://kept.test:1' },
    'proxy-bypass': '*',
  })
  expect(withKeptProxy(values, undefined)['proxy-url']).toBeUndefined()
})
