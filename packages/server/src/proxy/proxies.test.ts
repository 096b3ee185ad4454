import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { createProxies, describeChoice, type Environment, type ProxySettings } from './proxies.ts'
import { parseProxyUrl } from './proxy-url.ts'

const URL_SET = { proxy: parseProxyUrl('http://set.test:1') }

function choose(settings: ProxySettings, environment: Environment, url = 'https://id.test:8443/x'): string {
  return describeChoice(createProxies(settings, environment).choose(new URL(url)))
}

const all = {
  https_proxy: 'http://a:1',
  HTTPS_PROXY: 'http://b:1',
  all_proxy: 'http://c:1',
  ALL_PROXY: 'd:1',
}

test.each([
  ['the setting counts before every variable', URL_SET, all, '"http://set.test:1" of "proxy-url"'],
  ['then lower case', {}, all, '"http://a:1" of https_proxy'],
  ['then upper case', {}, { ...all, https_proxy: '' }, '"http://b:1" of HTTPS_PROXY'],
  ['then what is for all', {}, { all_proxy: 'c:1', ALL_PROXY: 'd:1' }, '"http://c:1" of all_proxy'],
  ['and in upper case', {}, { ALL_PROXY: 'd:1', HTTP_PROXY: 'http://e:1' }, '"http://d:1" of ALL_PROXY'],
])('%s', (_, settings, environment, expected) => {
  expect(choose(settings, environment)).toBe(`through the proxy ${expected}`)
})

test.each<[ProxySettings, Environment, string]>([
  [{}, {}, 'no proxy is set'],
  [{}, { HTTP_PROXY: 'http://e:1' }, 'no proxy is set'],
  [{ ...URL_SET, bypass: 'x, .test' }, {}, '"proxy-bypass" has ".test"'],
  [URL_SET, { NO_PROXY: 'id.test:8443' }, 'NO_PROXY has "id.test:8443"'],
  [URL_SET, { no_proxy: '*', NO_PROXY: 'x' }, 'no_proxy has "*"'],
])('directly, by %j and %j', (settings, environment, reason) => {
  expect(choose(settings, environment)).toBe(`directly, since ${reason}`)
})

test('a list in the settings takes the place of NO_PROXY', () => {
  expect(choose({ ...URL_SET, bypass: 'other' }, { NO_PROXY: '*' })).toContain('through the proxy')
  expect(choose({ ...URL_SET, bypass: '' }, { NO_PROXY: '*' })).toContain('through the proxy')
})

test.each([
  ['https://127.0.0.1:8443', 'it is on this host'],
  ['https://0x7f.1/', 'it is on this host'],
  ['https://[::1]/', 'it is on this host'],
  ['https://[::ffff:127.0.0.1]/', 'it is on this host'],
  ['https://localhost/', 'it is on this host'],
  ['http://169.254.169.254/metadata', 'it is on the link of this host'],
  ['https://[fe80::1]/', 'it is on the link of this host'],
])('%s is never asked of a proxy', (url, reason) => {
  expect(choose({ ...URL_SET, bypass: '' }, all, url)).toBe(`directly, since ${reason}`)
})

test('a variable that names no usable proxy is an error for what would go through it, and for nothing else', () => {
  const environment = { HTTPS_PROXY: 'socks5://u:MARKED@proxy.test:1080', NO_PROXY: 'past.test' }
  const proxies = createProxies({}, environment)
  expect(() => proxies.choose(new URL('https://id.test'))).toThrow(
    expect.objectContaining({ code: 'proxy_unusable', message: expect.stringContaining('HTTPS_PROXY') }),
  )
  expect(() => proxies.choose(new URL('https://id.test'))).not.toThrow('MARKED')
  for (const url of ['https://past.test', 'https://localhost']) {
    expect(proxies.choose(new URL(url)).proxy, url).toBeUndefined()
  }
})

test('credentials of a file count before those of the URL, and are read each time', async () => {
  let read = 0
  const readCredentials = async () => `file:${++read}`
  const environment = { HTTPS_PROXY: 'http://url:secret@proxy.test:1' }
  const url = new URL('https://id.test')
  const { proxy } = createProxies({ readCredentials }, environment).choose(url)
  expect([await proxy?.credentials(), await proxy?.credentials()]).toEqual(['file:1', 'file:2'])
  expect(await createProxies({}, environment).choose(url).proxy?.credentials()).toBe('url:secret')
})

test('whoever shows a choice whole shows no password', () => {
  const proxies = createProxies({}, { HTTPS_PROXY: 'http://user:MARKED@proxy.test:1' })
  const choice = proxies.choose(new URL('https://id.test'))
  expect(inspect(choice, { depth: null, showHidden: true })).not.toContain('MARKED')
  expect(JSON.stringify(choice)).not.toContain('MARKED')
})

test('credentials that cannot be read are an error that says why', async () => {
  const readCredentials = () => Promise.reject(new Error('no such file'))
  const { proxy } = createProxies({ ...URL_SET, readCredentials }, {}).choose(new URL('https://id.test'))
  await expect(proxy?.credentials()).rejects.toMatchObject({
    code: 'proxy_credentials_unreadable',
    message: expect.stringContaining('no such file'),
  })
})
