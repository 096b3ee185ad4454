import { createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { whatIsLacking } from '../../../../test/privilege.ts'
import { type ConnectProxyOptions, startConnectProxy } from '../../../../test/proxy/connect-proxy.ts'
import { makeCertificate } from '../../../control-plane/src/testing/issuer-keys.ts'
import { freePort } from '../../../control-plane/src/testing/postgres.ts'
import { createProxies, type ProxySettings } from './proxies.ts'
import { parseProxyUrl } from './proxy-url.ts'
import { openTunnel } from './tunnel.ts'

const TARGET = { host: 'target.test', port: 8443 }

function proxyAt(url: string, settings: ProxySettings = {}) {
  const { proxy } = createProxies({ proxy: parseProxyUrl(url), ...settings }, {}).choose(
    new URL('https://target.test:8443'),
  )
  if (!proxy) throw new Error('no proxy was chosen')
  return proxy
}

/** What an attempt through a proxy of these options fails with. */
async function failureOf(options: ConnectProxyOptions, settings?: ProxySettings, milliseconds?: number) {
  const { url } = await startConnectProxy(options)
  const named = url.replace('//', '//user:MARKED@')
  const how = milliseconds === undefined ? {} : { milliseconds }
  const error = await openTunnel(proxyAt(named, settings), TARGET, how).catch((thrown) => thrown)
  expect(error.message).toContain(`"${url}" of "proxy-url"`)
  expect(`${error.message}${error.stack}`).not.toContain('MARKED')
  return error
}

const says = (text: string) => (client: Duplex) => void client.end(text)

test.each<[string, string, (client: Duplex) => void]>([
  ['403', 'proxy_refused', says('HTTP/1.1 403 Forbidden\r\n\r\n')],
  ['a page', 'proxy_refused', says('HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<html>')],
  ['a redirect', 'proxy_refused', says('HTTP/1.1 302 Found\r\nLocation: http://login.test\r\n\r\n')],
  ['500', 'proxy_refused', says('HTTP/1.1 500 Error\r\n\r\n')],
  ['502', 'proxy_target_unreachable', says('HTTP/1.1 502 Bad Gateway\r\n\r\n')],
  ['503', 'proxy_target_unreachable', says('HTTP/1.1 503 Unavailable\r\n\r\n')],
  ['504', 'proxy_target_unreachable', says('HTTP/1.1 504 Gateway Timeout\r\n\r\n')],
  ['407', 'proxy_credentials_refused', says('HTTP/1.1 407 X\r\nProxy-Authenticate: Basic realm=x\r\n\r\n')],
  ['407 alone', 'proxy_credentials_refused', says('HTTP/1.1 407 X\r\n\r\n')],
  ['401, as tinyproxy has it,', 'proxy_credentials_refused', says('HTTP/1.1 401 Unauthorized\r\n\r\n')],
  ['NTLM', 'proxy_scheme_unsupported', says('HTTP/1.1 407 X\r\nProxy-Authenticate: NTLM\r\n\r\n')],
  ['garbage', 'proxy_malformed', says('SSH-2.0-OpenSSH_9\r\n')],
  ['huge headers', 'proxy_malformed', says(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`)],
  ['an end', 'proxy_closed', says('')],
  ['half an answer', 'proxy_closed', says('HTTP/1.1 200 OK\r\nX:')],
  ['a reset', 'proxy_closed', (client) => void (client as Socket).resetAndDestroy()],
])('%s is %s', async (_, code, answer) => {
  expect(await failureOf({ answer })).toMatchObject({ code })
})

test('a proxy that asks for a password is told from one that refuses it', async () => {
  const { url } = await startConnectProxy({ credentials: 'user:right' })
  await expect(openTunnel(proxyAt(url), TARGET)).rejects.toMatchObject({ code: 'proxy_credentials_missing' })
  const wrong = proxyAt(url, { readCredentials: async () => 'user:wrong' })
  await expect(openTunnel(wrong, TARGET)).rejects.toMatchObject({ code: 'proxy_credentials_refused' })
})

test('one of several schemes may be Basic', async () => {
  const answer = says(
    'HTTP/1.1 407 X\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm="a, b"\r\n\r\n',
  )
  expect(await failureOf({ answer })).toMatchObject({ code: 'proxy_credentials_refused' })
})

test('a proxy that takes the connection and is silent is given up, and so is one that drips', async () => {
  expect(await failureOf({ answer: () => {} }, {}, 50)).toMatchObject({ code: 'proxy_silent' })
  const drip = (client: Duplex) => {
    client.write('HTTP/1.1 200 OK\r\n')
    const timer = setInterval(() => client.write('X: x\r\n'), 5)
    client.on('close', () => clearInterval(timer))
  }
  expect(await failureOf({ answer: drip }, {}, 100)).toMatchObject({ code: 'proxy_silent' })
})

test('one that is down is unreachable, one without an address unresolved', async () => {
  const down = proxyAt(`http://127.0.0.1:${await freePort()}`)
  await expect(openTunnel(down, TARGET)).rejects.toMatchObject({ code: 'proxy_unreachable' })
  const nowhere = proxyAt('http://proxy.invalid:3128')
  await expect(openTunnel(nowhere, TARGET)).rejects.toMatchObject({ code: 'proxy_unresolved' })
})

test('a tunnel leads to the target by its name, and outlives the time that it had to open', async () => {
  const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
  await new Promise((resolve) => echo.once('listening', resolve))
  onTestFinished(() => void echo.close())
  const { port } = echo.address() as { port: number }
  const proxy = await startConnectProxy({ port })
  const socket = await openTunnel(
    proxyAt(proxy.url),
    { host: '2001:db8::1', port: 443 },
    { milliseconds: 200 },
  )
  onTestFinished(() => void socket.destroy())
  expect(proxy.asked).toEqual([{ target: '[2001:db8::1]:443', credentials: undefined }])
  await new Promise((resolve) => setTimeout(resolve, 300))
  const answered = new Promise((resolve) => socket.once('data', (part) => resolve(String(part))))
  socket.write('there')
  expect(await answered).toBe('there')
})

test('a proxy may be at an IPv6 address', async (context) => {
  const lacking = whatIsLacking(['ipv6'])
  context.skip(lacking !== undefined, lacking)
  const proxy = await startConnectProxy({ host: '::1', answer: says('HTTP/1.1 403 X\r\n\r\n') })
  expect(proxy.url).toMatch(/^http:\/\/\[::1\]:/)
  const error = await openTunnel(proxyAt(proxy.url), TARGET).catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'proxy_refused', message: expect.stringContaining(proxy.url) })
})

test('a signal ends the attempt, and the connection with it', async () => {
  const giveUp = new AbortController()
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const answer = (client: Duplex) => {
    client.on('close', resolve)
    client.resume()
    giveUp.abort()
  }
  const { url } = await startConnectProxy({ answer })
  await expect(openTunnel(proxyAt(url), TARGET, { signal: giveUp.signal })).rejects.toMatchObject({
    code: 'proxy_closed',
  })
  await closed
})

const NAMES = [{ type: 'ip', value: '127.0.0.1' }] as const

test('a proxy that takes TLS is believed by its CA alone, and is sent no password before', async () => {
  const { key, certificate } = await makeCertificate(NAMES)
  const other = await makeCertificate(NAMES)
  const echo = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => echo.once('listening', resolve))
  onTestFinished(() => void echo.close())
  const { port } = echo.address() as { port: number }
  const proxy = await startConnectProxy({ tls: { key, cert: certificate }, port })
  for (const ca of [undefined, other.certificate]) {
    const untrusted = openTunnel(proxyAt(proxy.url, { ca }), TARGET)
    await expect(untrusted).rejects.toMatchObject({ code: 'proxy_untrusted' })
  }
  expect(proxy.asked).toEqual([])
  const socket = await openTunnel(proxyAt(proxy.url, { ca: certificate }), TARGET)
  socket.destroy()
  expect(proxy.asked).toHaveLength(1)
})

test('a proxy without TLS behind a URL with https is named as that', async () => {
  const { url } = await startConnectProxy()
  const proxy = proxyAt(url.replace('http:', 'https:'))
  await expect(openTunnel(proxy, TARGET)).rejects.toMatchObject({ code: 'proxy_malformed' })
})
