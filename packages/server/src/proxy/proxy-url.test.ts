import { expect, test } from 'vitest'
import { parseProxyUrl } from './proxy-url.ts'

test.each([
  ['http://proxy.test:3128', { url: 'http://proxy.test:3128', host: 'proxy.test', port: 3128, isTls: false }],
  ['http://proxy.test/', { url: 'http://proxy.test:80', port: 80 }],
  ['https://proxy.test', { url: 'https://proxy.test:443', port: 443, isTls: true }],
  ['proxy.test:3128', { url: 'http://proxy.test:3128' }],
  ['10.0.0.1:3128', { url: 'http://10.0.0.1:3128' }],
  ['http://[::1]:3128', { url: 'http://[::1]:3128', host: '::1' }],
  ['http://u%40x:p%3A:w@proxy.test:1', { url: 'http://proxy.test:1', credentials: 'u@x:p::w' }],
  ['http://user@proxy.test:1', { credentials: 'user:' }],
])('"%s" is a proxy', (text, address) => {
  expect(parseProxyUrl(text)).toMatchObject(address)
})

test.each([
  '',
  'http://',
  'socks5://u:MARKED@proxy.test:1080',
  'http://u:MARKED@proxy.test/path',
  'http://u:MARKED@proxy.test?x',
  'http://u:MARKED%@proxy.test',
  'http://u:MARKED@proxy.test:port',
  'http://u:MARKED@proxy\n.test',
  'ftp://proxy.test',
])('"%s" is none, and nothing of it is repeated', (text) => {
  expect(() => parseProxyUrl(text)).toThrow(TypeError)
  expect(() => parseProxyUrl(text)).not.toThrow('MARKED')
})
