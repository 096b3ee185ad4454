import { pino } from 'pino'
import { expect, test } from 'vitest'
import {
  answerAsIssuer,
  type ForeignServer,
  LOOPBACK,
  resolveToLoopback,
  startForeignServer,
} from '../testing/foreign-server.ts'
import { makeIssuerKey } from '../testing/issuer-keys.ts'
import { createClock } from '../testing/trial.ts'
import { createForeignIssuers, type ForeignIssuersParts } from './foreign-issuers.ts'
import type { KeyName } from './issuer-documents.ts'

const MINUTE = 60
const HOUR = 3_600
const ASKER = { sharer: 'group' }

/** A server that publishes `keys`, and the product's issuers that may ask it. */
async function startIssuer(changes: Partial<ForeignIssuersParts> = {}) {
  const first = await makeIssuerKey('k1')
  const published = { issuer: '', keys: [first.jwk] as object[] }
  const server = await startForeignServer(answerAsIssuer(() => published))
  published.issuer = server.origin
  const clock = createClock()
  const lines: string[] = []
  const issuers = createForeignIssuers({
    access: new Map([[server.origin, { networks: LOOPBACK, ca: server.ca }]]),
    resolve: resolveToLoopback,
    log: pino({ base: null }, { write: (line: string) => lines.push(line) }),
    now: clock.now,
    ...changes,
  })
  const find = (kid: string, alg: KeyName['alg'] = 'ES256') =>
    issuers.findKey(server.origin, { alg, kid }, ASKER)
  return { server, published, clock, issuers, find, lines }
}

/** How often the keys were asked for; each time the discovery document was asked before. */
function fetches(server: ForeignServer): number {
  const keys = server.asked.filter((path) => path === '/keys').length
  const discovery = server.asked.filter((path) => path === '/.well-known/openid-configuration').length
  expect(discovery).toBeGreaterThanOrEqual(keys)
  return discovery
}

test('the keys are fetched once and kept for an hour', async () => {
  const { server, clock, find } = await startIssuer()
  expect((await find('k1'))?.asymmetricKeyType).toBe('ec')
  clock.advance(HOUR - 1)
  expect(await find('k1')).toBeDefined()
  expect(fetches(server)).toBe(1)
  clock.advance(1)
  expect(await find('k1')).toBeDefined()
  expect(fetches(server)).toBe(2)
})

test('whoever asks meanwhile waits for the same answer', async () => {
  const { server, find } = await startIssuer()
  const found = await Promise.all(Array.from({ length: 50 }, () => find('k1')))
  expect(found.every(Boolean)).toBe(true)
  expect(fetches(server)).toBe(1)
})

test('a new key is found at its first use, if the issuer was not asked within a minute', async () => {
  const { server, published, clock, find } = await startIssuer()
  await find('k1')
  published.keys = [(await makeIssuerKey('k2')).jwk]
  expect(await find('k2')).toBeUndefined()
  clock.advance(MINUTE)
  expect(await find('k2')).toBeDefined()
  expect(await find('k1')).toBeUndefined()
  expect(fetches(server)).toBe(2)
})

test('a flood of unknown key names has the issuer asked once a minute', async () => {
  const { server, clock, find } = await startIssuer()
  for (let minute = 0; minute < 3; minute += 1) {
    const found = await Promise.all(Array.from({ length: 200 }, (_, n) => find(`unknown-${minute}-${n}`)))
    expect(found.some(Boolean)).toBe(false)
    clock.advance(MINUTE / 2)
    expect(await find('k1')).toBeDefined()
    expect(await find('unknown')).toBeUndefined()
    expect(fetches(server)).toBe(minute + 1)
    clock.advance(MINUTE / 2)
  }
})

test('a removed key proves nothing from the next fetch on', async () => {
  const { published, clock, find } = await startIssuer()
  await find('k1')
  published.keys = [(await makeIssuerKey('k2')).jwk]
  clock.advance(HOUR)
  expect(await find('k1')).toBeUndefined()
})

test('while the issuer is down its last keys are used for a day, and it is tried again once a minute', async () => {
  const { server, clock, find } = await startIssuer()
  await find('k1')
  server.answerWith((_request, response) => response.writeHead(503).end())
  clock.advance(HOUR)
  expect(await find('k1')).toBeDefined()
  expect(await find('k1')).toBeDefined()
  expect(fetches(server)).toBe(2)
  clock.advance(23 * HOUR - 1)
  expect(await find('k1')).toBeDefined()
  expect(fetches(server)).toBe(3)
  clock.advance(MINUTE)
  await expect(find('k1')).rejects.toMatchObject({ code: 'issuer_status' })
})

test('a key that is unknown while the issuer is down may be a new one, so nothing is said of it', async () => {
  const { server, clock, find } = await startIssuer()
  await find('k1')
  server.answerWith((_request, response) => response.writeHead(503).end())
  clock.advance(MINUTE)
  await expect(find('k2')).rejects.toMatchObject({ code: 'issuer_status' })
  expect(await find('k1')).toBeDefined()
})

test('a failure is remembered for a minute, told with its reason, and over as soon as the issuer is up', async () => {
  const { server, published, clock, find, lines } = await startIssuer()
  server.answerWith((_request, response) => response.writeHead(302, { Location: 'https://elsewhere' }).end())
  for (let n = 0; n < 5; n += 1) await expect(find('k1')).rejects.toMatchObject({ code: 'issuer_status' })
  expect(fetches(server)).toBe(1)
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ code: 'issuer_status', issuer: server.origin })
  server.answerWith(answerAsIssuer(() => published))
  clock.advance(MINUTE)
  expect(await find('k1')).toBeDefined()
  expect(await find('k2')).toBeUndefined()
})

test('a clock that is set back keeps nothing for longer', async () => {
  const { server, published, clock, find } = await startIssuer()
  await find('k1')
  published.keys = [(await makeIssuerKey('k2')).jwk]
  clock.advance(-2 * HOUR)
  expect(await find('k2')).toBeDefined()
  expect(fetches(server)).toBe(2)
})

test('a document that states another issuer, or a key set without a usable key, gives no keys', async () => {
  const { published, clock, find } = await startIssuer()
  const { issuer, keys } = published
  for (const [changes, code] of [
    [{ issuer: `${issuer}/` }, 'issuer_mismatch'],
    [{ keys: [] }, 'issuer_keys_unusable'],
    [{ keys: Array.from({ length: 101 }, () => keys[0] ?? {}) }, 'issuer_keys_many'],
  ] as const) {
    Object.assign(published, { issuer, keys }, changes)
    clock.advance(MINUTE)
    await expect(find('k1')).rejects.toMatchObject({ code })
  }
})

test('keys may be on another host, to which the same rules apply', async () => {
  const key = await makeIssuerKey('k1')
  const keys = await startForeignServer((_request, response) =>
    response.end(JSON.stringify({ keys: [key.jwk] })),
  )
  const { server, find, clock } = await startIssuer({
    resolve: async (host) => [
      host === 'keys.test' ? { address: '10.0.0.1', family: 4 } : { address: '127.0.0.1', family: 4 },
    ],
  })
  const publish = (jwks_uri: string) =>
    server.answerWith((_request, response) =>
      response.end(JSON.stringify({ issuer: server.origin, jwks_uri })),
    )
  publish(keys.origin.replace('issuer.test', 'keys.test'))
  await expect(find('k1')).rejects.toMatchObject({ code: 'issuer_address_forbidden' })
  clock.advance(MINUTE)
  publish(keys.origin.replace('https', 'http'))
  await expect(find('k1')).rejects.toMatchObject({ code: 'issuer_keys_url' })
  clock.advance(MINUTE)
  // The other server has a certificate of its own, which the CA of this issuer did not make.
  publish(keys.origin)
  await expect(find('k1')).rejects.toMatchObject({ code: 'issuer_unreachable' })
  expect(keys.asked).toEqual([])
})

test('what is allowed for one issuer is not allowed for another', async () => {
  const { server, issuers } = await startIssuer()
  const other = `${server.origin}/other`
  await expect(issuers.findKey(other, { alg: 'ES256', kid: 'k1' }, ASKER)).rejects.toMatchObject({
    code: 'issuer_address_forbidden',
  })
  expect(server.connections).toBe(0)
})

const KEY: KeyName = { alg: 'ES256', kid: 'k1' }

/** Issuers whose names nobody answers for, beside one that answers. */
async function startSlow() {
  const over = Promise.withResolvers<never>()
  over.promise.catch(() => {})
  const looking: string[] = []
  const started = await startIssuer({
    resolvePublic: (host) => {
      looking.push(host)
      return over.promise
    },
  })
  const { issuers } = started
  const codeOf = (name: string, sharer: string) =>
    issuers.findKey(`https://${name}.test`, KEY, { sharer }).catch((error) => error.code)
  return { ...started, over, looking, codeOf }
}

test('of a thousand issuers of one group four are asked at once; another group waits for none of them', async () => {
  const { issuers, server, over, looking, codeOf, lines } = await startSlow()
  const finding = Array.from({ length: 1_000 }, (_, n) => codeOf(`slow-${n}`, 'greedy'))
  expect(new Set(await Promise.all(finding.slice(4)))).toEqual(new Set(['issuers_busy']))
  expect(looking).toHaveLength(4)
  expect(await issuers.findKey(server.origin, KEY, { sharer: 'other' })).toBeDefined()
  over.reject(new Error('over'))
  expect(new Set(await Promise.all(finding.slice(0, 4)))).toEqual(new Set(['issuer_unresolved']))
  const busy = lines.map((line) => JSON.parse(line)).filter(({ code }) => code === 'issuers_busy')
  expect(busy.map(({ sharer }) => sharer)).toEqual(Array(10).fill('greedy'))
})

test('of all groups sixty-four issuers are asked at once, and a place is free again when one is done', async () => {
  const { over, looking, codeOf } = await startSlow()
  const finding = Array.from({ length: 100 }, (_, n) => codeOf(`slow-${n}`, `group-${n}`))
  expect(new Set(await Promise.all(finding.slice(64)))).toEqual(new Set(['issuers_busy']))
  expect(looking).toHaveLength(64)
  over.reject(new Error('over'))
  await Promise.all(finding)
  expect(await codeOf('later', 'group-0')).toBe('issuer_unresolved')
})

test('the keys of an issuer stay, however many issuers another group needs after it', async () => {
  const { server, issuers, over, codeOf } = await startSlow()
  over.reject(new Error('over'))
  await issuers.findKey(server.origin, KEY, { sharer: 'small' })
  for (let n = 0; n < 600; n += 1) await codeOf(`many-${n}`, 'greedy')
  server.answerWith((_request, response) => response.writeHead(503).end())
  expect(await issuers.findKey(server.origin, KEY, { sharer: 'small' })).toBeDefined()
  expect(fetches(server)).toBe(1)
})
