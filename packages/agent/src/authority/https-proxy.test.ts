import { createProxies, type ProxySettings, parseProxyUrl } from '@landfast/server/proxy'
import { expect, onTestFinished, test } from 'vitest'
import { AUTHORITY_NAME, startAuthority } from '../../../../test/agent/authority.ts'
import { startDatedServer } from '../../../../test/agent/dated-server.ts'
import { type ConnectProxyOptions, startConnectProxy } from '../../../../test/proxy/connect-proxy.ts'
import { makeCertificate } from '../../../control-plane/src/testing/issuer-keys.ts'
import { TUNNEL_MILLISECONDS } from '../../../server/src/proxy/tunnel.ts'
import { createHttpsClient, createUntrustingClient } from './https-client.ts'

const SIGNAL = () => AbortSignal.timeout(5_000)

/** An authority that is reached through a proxy alone, since nothing else knows its name. */
async function setUp(options: ConnectProxyOptions = {}, settings: ProxySettings = {}) {
  const authority = await startAuthority()
  authority.answer = () => ({ json: { a: 1 } })
  const { port } = new URL(authority.url)
  const proxy = await startConnectProxy({ port: Number(port), ...options })
  const proxies = createProxies({ proxy: parseProxyUrl(proxy.url), ...settings }, {})
  const { ca } = authority.registration
  const https = createHttpsClient(ca, false, proxies)
  onTestFinished(() => https.close())
  const url = `https://${AUTHORITY_NAME}:${port}`
  return {
    authority,
    proxy,
    proxies,
    https,
    ca,
    url,
    ask: () => https.send(`${url}/x`, { signal: SIGNAL() }),
  }
}

test('answers come through the proxy, over one tunnel that is kept', async () => {
  const { ask, proxy, url, authority } = await setUp()
  for (let request = 0; request < 5; request += 1) expect(await ask()).toMatchObject({ body: { a: 1 } })
  expect(proxy.asked).toEqual([{ target: new URL(url).host, credentials: undefined }])
  expect(authority.connections).toBe(1)
})

test('closing the client closes the tunnel', async () => {
  const { ask, proxy, https } = await setUp()
  await ask()
  expect(proxy.open).toBe(1)
  https.close()
  await expect.poll(() => proxy.open).toBe(0)
})

test('the proxy is not asked for an authority on this host', async () => {
  const { https, authority, proxy } = await setUp()
  await https.send(`${authority.url}/x`, { signal: SIGNAL() })
  await https.send(`${authority.url.replace('127.0.0.1', 'localhost')}/x`, { signal: SIGNAL() })
  expect([authority.connections, proxy.connections]).toEqual([2, 0])
})

test('a password is sent to the proxy, and to no authority', async () => {
  const readCredentials = async () => 'user:MARKED:secret'
  const { ask, proxy, authority } = await setUp({ credentials: 'user:MARKED:secret' }, { readCredentials })
  await ask()
  expect(proxy.asked).toMatchObject([{ credentials: 'user:MARKED:secret' }])
  expect(JSON.stringify(authority.seen)).not.toContain('MARKED')
})

test('a password that was changed counts with the next connection', async () => {
  let password = 'user:old'
  const { ask, proxy } = await setUp({ credentials: 'user:new' }, { readCredentials: async () => password })
  await expect(ask()).rejects.toMatchObject({ cause: { code: 'proxy_credentials_refused' } })
  password = 'user:new'
  expect(await ask()).toMatchObject({ status: 200 })
  expect(proxy.asked).toHaveLength(2)
})

test('a failure of the proxy and one behind it are told apart, and both name the proxy', async () => {
  const down = await setUp()
  await down.authority.stop()
  const behind = await down.ask().catch((error) => error)
  expect(behind).toMatchObject({ failure: 'unavailable', cause: { code: 'proxy_target_unreachable' } })
  expect(behind.message).toContain(`no answer from "${down.url}": the proxy "${down.proxy.url}"`)
  await down.proxy.stop()
  const before = await down.ask().catch((error) => error)
  expect(before).toMatchObject({ failure: 'unavailable', cause: { code: 'proxy_unreachable' } })
})

test('a connection that breaks behind the proxy is told with the proxy', async () => {
  const { ask, authority, proxy } = await setUp()
  authority.answer = () => ({ cut: true })
  const error = await ask().catch((thrown) => thrown)
  expect(error).toMatchObject({ failure: 'unavailable', cause: { code: 'ECONNRESET' } })
  expect(error.message).toContain(`, through the proxy "${proxy.url}" of "proxy-url": `)
})

test('the certificate of the authority is verified in the tunnel, by name and by CA', async () => {
  const { proxies, url, https, authority, proxy } = await setUp()
  const other = createHttpsClient((await startAuthority()).registration.ca, false, proxies)
  onTestFinished(() => other.close())
  const misnamed = https.send(url.replace(AUTHORITY_NAME, 'other.test'), { signal: SIGNAL() })
  await expect(misnamed).rejects.toMatchObject({ cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
  await expect(other.send(url, { signal: SIGNAL() })).rejects.toMatchObject({
    message: expect.stringContaining('"proxy-ca-file"'),
  })
  expect(authority.seen).toEqual([])
  await expect.poll(() => proxy.open).toBe(0)
})

test('a proxy that opens TLS is believed by its CA alone, and only on the way through it', async () => {
  const { key, certificate } = await makeCertificate([
    { type: 'dns', value: AUTHORITY_NAME },
    { type: 'ip', value: '127.0.0.1' },
  ])
  const opens = { key, cert: certificate }
  const closed = await setUp({ opens })
  await expect(closed.ask()).rejects.toMatchObject({
    message: expect.stringContaining('if this proxy opens TLS, name its CA with "proxy-ca-file"'),
  })
  expect(closed.authority.seen).toEqual([])
  const open = await setUp({ opens }, { ca: certificate })
  expect(await open.ask()).toMatchObject({ body: { a: 1 } })
  // A server of this host that shows a certificate of the proxy's CA.
  const direct = await startConnectProxy({ tls: opens })
  const asked = open.https.send(`${direct.url}/x`, { signal: SIGNAL() })
  await expect(asked).rejects.toMatchObject({ cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } })
})

test('a client that verifies nothing goes through the proxy too, which it verifies', async () => {
  const { key, certificate } = await makeCertificate([{ type: 'ip', value: '127.0.0.1' }])
  const tls = { key, cert: certificate }
  for (const [ca, code] of [
    [certificate, undefined],
    [undefined, 'proxy_untrusted'],
  ] as const) {
    const { proxies, url } = await setUp({ tls }, { ca })
    const client = createUntrustingClient(proxies)
    onTestFinished(() => client.close())
    const outcome = await client.send(url, { signal: SIGNAL() }).catch((error) => error)
    expect(outcome.cause?.code).toBe(code)
  }
})

test('where the times of a certificate do not fit, those of the server behind the proxy are told', async () => {
  const at = (hours: number) => new Date(Date.now() + hours * 3_600_000)
  const server = await startDatedServer({ notBefore: at(-20), notAfter: at(-10), serverTime: at(0) })
  const port = Number(new URL(server.url).port)
  const proxy = await startConnectProxy({ port })
  const proxies = createProxies({ proxy: parseProxyUrl(proxy.url) }, {})
  const https = createHttpsClient(server.ca, false, proxies)
  onTestFinished(() => https.close())
  await expect(https.send(`https://dated.test:${port}/`, { signal: SIGNAL() })).rejects.toMatchObject({
    message: expect.stringMatching(/through the proxy .*: its certificate is good from/),
  })
  expect(proxy.asked).toHaveLength(2)
})

test('a request that is given up ends the tunnel that it waited for', async () => {
  const giveUp = new AbortController()
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const { https, url } = await setUp({
    answer: (client) => {
      client.on('end', resolve).resume()
      giveUp.abort()
    },
  })
  const stillThere = AbortSignal.timeout(TUNNEL_MILLISECONDS - 1_000)
  await expect(https.send(url, { signal: giveUp.signal })).rejects.toMatchObject({ failure: 'unavailable' })
  await ended
  expect(stillThere.aborted).toBe(false)
})
