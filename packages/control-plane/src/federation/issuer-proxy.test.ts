import type { LookupAddress } from 'node:dns'
import { createProxies, parseProxyUrl } from '@landfast/server/proxy'
import { expect, test } from 'vitest'
import { type ConnectProxyOptions, startConnectProxy } from '../../../../test/proxy/connect-proxy.ts'
import { HOST, startForeignServer } from '../testing/foreign-server.ts'
import { readNetworks } from './issuer-networks.ts'
import { fetchDocument } from './issuer-request.ts'
import type { Resolve } from './issuer-way.ts'

const addresses =
  (...found: string[]): Resolve =>
  async () =>
    found.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }))

const PUBLIC = '93.184.215.14'

interface Changes {
  resolve?: Resolve
  networks?: string[]
  host?: string
  bypass?: string
  milliseconds?: number
}

/** Fetches a document of an issuer that only the proxy reaches; what came of it, and what the proxy was asked for. */
async function fetchBehind(options: ConnectProxyOptions, changes: Changes = {}) {
  const server = await startForeignServer((_request, response) => response.end('{"good":true}'))
  const { port } = new URL(server.origin)
  const proxy = await startConnectProxy({ port: Number(port), ...options })
  const { resolve = addresses(PUBLIC), networks = [], host = HOST, milliseconds = 5_000 } = changes
  const outcome = await fetchDocument(new URL(`https://${host}:${port}/document`), {
    access: { networks: readNetworks(networks), ca: server.ca },
    resolve,
    proxies: createProxies({ proxy: parseProxyUrl(proxy.url), bypass: changes.bypass }, {}),
    signal: AbortSignal.timeout(milliseconds),
  }).catch((error) => error)
  const asked = proxy.asked.map(({ target }) => target.slice(0, target.lastIndexOf(':')))
  const { code } = outcome as { code?: string }
  return { outcome, code, asked, proxy, server }
}

test('the proxy is asked for the name, after its addresses were looked at here', async () => {
  expect(await fetchBehind({})).toMatchObject({ outcome: { good: true }, asked: [HOST] })
})

test.each<[string, Changes]>([
  ['a loopback address', { resolve: addresses('127.0.0.1') }],
  ['a private one', { resolve: addresses('10.1.2.3') }],
  [
    'a private one beside a public one, since the proxy may take either',
    { resolve: addresses(PUBLIC, '10.1.2.3') },
  ],
  ['an address in the URL that is private', { host: '10.1.2.3' }],
  ['one of IPv6', { host: '[fd00::1]' }],
])('%s is not asked of the proxy', async (_, changes) => {
  expect(await fetchBehind({}, changes)).toMatchObject({ code: 'issuer_address_forbidden', asked: [] })
})

test('a loopback address in the URL is asked neither of the proxy nor directly', async () => {
  const { code, proxy, server } = await fetchBehind({}, { host: '127.0.0.1' })
  expect([code, proxy.connections, server.connections]).toEqual(['issuer_address_forbidden', 0, 0])
})

test('a private network that the operator allows is reached through the proxy too', async () => {
  const changes = { resolve: addresses('10.1.2.3'), networks: ['10.1.0.0/16'] }
  expect(await fetchBehind({}, changes)).toMatchObject({ outcome: { good: true }, asked: [HOST] })
})

const unresolved: Resolve = () => Promise.reject(new Error('ENOTFOUND'))

test('a name that only the proxy can resolve is left to it, one without a dot is not', async () => {
  expect(await fetchBehind({}, { resolve: unresolved })).toMatchObject({ outcome: { good: true } })
  const silent: Resolve = () => new Promise(() => {})
  expect(await fetchBehind({}, { resolve: silent })).toMatchObject({ outcome: { good: true } })
  const short = await fetchBehind({}, { resolve: unresolved, host: 'intranet' })
  expect(short).toMatchObject({ code: 'issuer_unresolved', asked: [] })
})

test('past the proxy the addresses are checked and connected to as without one', async () => {
  const { code, proxy } = await fetchBehind({}, { bypass: HOST, resolve: addresses('127.0.0.1') })
  expect([code, proxy.connections]).toEqual(['issuer_address_forbidden', 0])
})

test('a proxy that refuses is named, with its own code below', async () => {
  const { outcome, proxy } = await fetchBehind({ credentials: 'user:password' })
  expect(outcome).toMatchObject({
    code: 'issuer_proxy',
    message: expect.stringContaining(proxy.url),
    cause: { code: 'proxy_credentials_missing' },
  })
})

test('a proxy that is silent is named within the time of an issuer', async () => {
  const { outcome, proxy } = await fetchBehind({ answer: () => {} }, { milliseconds: 300 })
  expect(outcome).toMatchObject({ code: 'issuer_slow', message: expect.stringContaining(proxy.url) })
})

test('the certificate of the issuer is verified in the tunnel', async () => {
  const { outcome } = await fetchBehind({}, { host: 'other.test' })
  expect(outcome).toMatchObject({
    code: 'issuer_unreachable',
    cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
  })
})
