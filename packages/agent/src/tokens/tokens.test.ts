import { expect, test } from 'vitest'
import { FakeClock } from '../../../../test/agent/fake-clock.ts'
import { FakeSource, IDENTITY } from '../../../../test/agent/fake-source.ts'
import { createPausedSource } from './paused-source.ts'
import { SourceError, type SourceFailure } from './source.ts'
import { Tokens } from './tokens.ts'
import type { UpstreamOutcome } from './upstream-requests.ts'

const VAULT = 'https://vault.azure.net'
const OTHER = { ...IDENTITY, clientId: 'another' }
const APPLICATION = { ...IDENTITY, authority: 'entra' } as const

function setUp() {
  const clock = new FakeClock()
  const source = new FakeSource()
  const outcomes: UpstreamOutcome[] = []
  const paused = createPausedSource(source, { clock })
  const tokens = new Tokens({ source: paused, clock, onUpstream: (outcome) => outcomes.push(outcome) })
  const get = (audience = VAULT) => tokens.get(IDENTITY, audience)
  return { clock, source, tokens, outcomes, get }
}

/** Waits until all that can go on without anybody's help has gone on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function failsWith(code: string, retryAfterSeconds?: number) {
  return expect.objectContaining({ name: 'WireError', code, retryAfterSeconds })
}

test('a token is asked for once and then served from the cache', async () => {
  const { clock, source, get } = setUp()
  expect(await get()).toMatchObject({ accessToken: `token-1-for-${VAULT}`, expiresInSeconds: 3600 })
  clock.pass(3299)
  expect(await get()).toMatchObject({ accessToken: `token-1-for-${VAULT}`, expiresInSeconds: 301 })
  expect(source.asked).toHaveLength(1)
})

test('while upstream answers, no token with 300 seconds or less is served', async () => {
  const { clock, get } = setUp()
  await get()
  clock.pass(3299.5)
  expect(await get()).toMatchObject({ accessToken: `token-2-for-${VAULT}`, expiresInSeconds: 3600 })
})

test('each identity and each audience, byte for byte, has a token of its own', async () => {
  const { source, tokens, get } = setUp()
  const served = [await get(), await get(`${VAULT}/`), await get('HTTPS://vault.azure.net')]
  served.push(await tokens.get(OTHER, VAULT))
  expect(new Set(served.map(({ accessToken }) => accessToken)).size).toBe(4)
  expect(tokens.size).toBe(4)
  expect(source.asked.at(-1)).toMatchObject({ identity: OTHER, audience: VAULT })
})

test('however many wait for a token, upstream is asked once', async () => {
  const { source, get } = setUp()
  const gate = Promise.withResolvers<void>()
  source.gate = gate.promise
  const waiting = Array.from({ length: 50 }, () => get())
  await settle()
  expect(source.asked).toHaveLength(1)
  gate.resolve()
  expect(new Set((await Promise.all(waiting)).map(({ accessToken }) => accessToken)).size).toBe(1)
  expect(source.asked).toHaveLength(1)
})

test('at most 16 requests are upstream at once, and the others follow', async () => {
  const { source, tokens } = setUp()
  const gate = Promise.withResolvers<void>()
  source.gate = gate.promise
  const waiting = Array.from({ length: 40 }, (_, index) =>
    tokens.get(IDENTITY, `r${index}`, { sharer: `user ${index % 2}` }),
  )
  await settle()
  expect(source.asked).toHaveLength(16)
  gate.resolve()
  await Promise.all(waiting)
  expect(source.asked).toHaveLength(40)
})

test('1,000 tokens are held, and the least recently used goes first', async () => {
  const { source, tokens, get } = setUp()
  for (let index = 0; index < 1000; index += 1) await get(`r${index}`)
  await get('r0')
  await get('one more')
  expect(tokens.size).toBe(1000)
  await get('r0')
  expect(source.asked).toHaveLength(1001)
  await get('r1')
  expect(source.asked).toHaveLength(1002)
})

test.each(['unavailable', 'throttled'] as const)(
  'while upstream is %s, the last good token is served until 30 seconds before its end',
  async (failure) => {
    const { clock, source, get } = setUp()
    await get()
    source.failure = failure
    clock.pass(3300)
    expect(await get()).toMatchObject({ accessToken: `token-1-for-${VAULT}`, expiresInSeconds: 300 })
    clock.pass(269)
    expect(await get()).toMatchObject({ expiresInSeconds: 31 })
    clock.pass(1)
    await expect(get()).rejects.toEqual(
      failsWith(failure === 'throttled' ? 'upstream_throttled' : 'upstream_unavailable', 1),
    )
  },
)

test.each<[SourceFailure, number | undefined, string, number | undefined]>([
  ['unavailable', undefined, 'upstream_unavailable', 1],
  ['unavailable', 7, 'upstream_unavailable', 7],
  ['throttled', 30, 'upstream_throttled', 30],
  ['throttled', 999_999, 'upstream_throttled', 300],
  ['refused', undefined, 'identity_refused', undefined],
  ['resource_refused', undefined, 'resource_refused', undefined],
])('the failure %s, to be tried after %s seconds, is answered %s', async (failure, after, code, wait) => {
  const { source, get, outcomes } = setUp()
  source.failure = failure
  source.retryAfterSeconds = after
  await expect(get()).rejects.toEqual(failsWith(code, wait))
  expect(outcomes).toEqual([failure])
})

test('for as long as upstream asked to wait it is not asked, and what is left of it is told', async () => {
  const { clock, source, get } = setUp()
  source.failure = 'throttled'
  source.retryAfterSeconds = 30
  await expect(get()).rejects.toThrow()
  source.failure = undefined
  clock.pass(29.5)
  await expect(get('another')).rejects.toEqual(failsWith('upstream_throttled', 1))
  expect(source.asked).toHaveLength(1)
  clock.pass(0.5)
  expect(await get()).toBeDefined()
})

test('a failure is never kept: the next request after the pause gets its token', async () => {
  const { clock, source, tokens, get } = setUp()
  for (const failure of ['unavailable', 'resource_refused', 'refused'] as const) {
    source.failure = failure
    await expect(get()).rejects.toThrow()
    expect(tokens.size).toBe(0)
    clock.pass(1)
  }
  source.failure = undefined
  expect(await get()).toMatchObject({ expiresInSeconds: 3600 })
})

test('a source that throws something else is unavailable, and the cause is kept', async () => {
  const { source, get } = setUp()
  const cause = new TypeError('a bug')
  source.gate = Promise.reject(cause)
  await expect(get()).rejects.toMatchObject({ code: 'upstream_unavailable', cause: { cause } })
})

test('when the machine is refused, every token goes at once', async () => {
  const { clock, source, tokens, get } = setUp()
  for (const audience of ['a', 'b', 'c']) await get(audience)
  source.failure = 'refused'
  await expect(get('d')).rejects.toEqual(failsWith('identity_refused'))
  expect(tokens.size).toBe(0)
  source.failure = 'unavailable'
  await expect(get('a')).rejects.toEqual(failsWith('upstream_unavailable', 1))
  clock.pass(1)
  source.failure = undefined
  expect(await get('a')).toMatchObject({ accessToken: 'token-6-for-a' })
})

test('a resource that is refused loses its own token and no other', async () => {
  const { clock, source, tokens, get } = setUp()
  await get('a')
  await get('b')
  clock.pass(3300)
  source.failure = 'resource_refused'
  await expect(get('a')).rejects.toEqual(failsWith('resource_refused'))
  expect(tokens.size).toBe(1)
  source.failure = 'unavailable'
  expect(await get('b')).toMatchObject({ accessToken: 'token-2-for-b' })
})

test('a token that was asked for before a refusal and comes after it is not kept', async () => {
  const { source, tokens, get } = setUp()
  const slow = Promise.withResolvers<void>()
  source.gate = slow.promise
  const waiting = get('slow')
  await settle()
  const { getToken } = source
  source.gate = Promise.resolve()
  source.getToken = async (...asked) => {
    source.failure = 'refused'
    return getToken.apply(source, asked)
  }
  await expect(get('refused')).rejects.toEqual(failsWith('identity_refused'))
  source.failure = undefined
  slow.resolve()
  await waiting
  expect(tokens.size).toBe(0)
})

test('a request that failed while the machine was refused elsewhere serves no old token', async () => {
  const { clock, source, get } = setUp()
  await get('slow')
  clock.pass(3300)
  const slow = Promise.withResolvers<void>()
  source.gate = slow.promise
  const waiting = get('slow')
  await settle()
  source.gate = Promise.resolve()
  source.failure = 'refused'
  await expect(get('other')).rejects.toEqual(failsWith('identity_refused'))
  source.failure = 'unavailable'
  slow.resolve()
  await expect(waiting).rejects.toEqual(failsWith('upstream_unavailable', 1))
})

test('at half of its life a token that was used is refreshed ahead, once; others are not', async () => {
  const { clock, source, tokens, get } = setUp()
  await get('used')
  await get('unused')
  clock.pass(1799)
  tokens.refreshAhead()
  expect(source.asked).toHaveLength(2)
  clock.pass(1)
  tokens.refreshAhead()
  tokens.refreshAhead()
  await settle()
  expect(source.asked).toHaveLength(4)
  clock.pass(1800)
  await get('used')
  tokens.refreshAhead()
  await settle()
  expect(source.asked.slice(4).map(({ audience }) => audience)).toEqual(['used'])
})

test('a refresh ahead that fails takes nothing away and is tried again', async () => {
  const { clock, source, tokens, get } = setUp()
  await get()
  clock.pass(1800)
  source.failure = 'unavailable'
  tokens.refreshAhead()
  await settle()
  expect(await get()).toMatchObject({ accessToken: `token-1-for-${VAULT}` })
  source.failure = undefined
  clock.pass(5)
  tokens.refreshAhead()
  await settle()
  expect(await get()).toMatchObject({ accessToken: `token-3-for-${VAULT}`, expiresInSeconds: 3600 })
})

test('a refresh ahead that is refused empties the cache', async () => {
  const { clock, source, tokens, get } = setUp()
  await get('a')
  await get('b')
  clock.pass(1800)
  source.failure = 'refused'
  tokens.refreshAhead()
  await settle()
  expect(tokens.size).toBe(0)
})

test('a clock that jumps forward makes the agent ask again; upstream away, nothing old is served', async () => {
  const { clock, source, get } = setUp()
  await get()
  clock.set(86_400)
  source.failure = 'unavailable'
  await expect(get()).rejects.toEqual(failsWith('upstream_unavailable', 1))
  source.failure = undefined
  clock.pass(1)
  expect(await get()).toMatchObject({ expiresInSeconds: 3600, expiresOn: clock.now() / 1000 + 3600 })
})

test('a clock that jumps back makes no token live longer', async () => {
  const { clock, source, get } = setUp()
  await get()
  clock.set(-86_400)
  clock.pass(3299)
  expect(await get()).toMatchObject({ expiresInSeconds: 301, expiresOn: clock.now() / 1000 + 301 })
  clock.pass(1)
  await get()
  expect(source.asked).toHaveLength(2)
})

test('after the machine slept, a token that ended meanwhile is not served', async () => {
  const { clock, source, get } = setUp()
  await get()
  clock.sleep(4000)
  expect(await get()).toMatchObject({ expiresInSeconds: 3600 })
  expect(source.asked).toHaveLength(2)
})

test('stopping gives up what is under way and closes the source', async () => {
  const { source, tokens, get } = setUp()
  const gate = Promise.withResolvers<never>()
  source.gate = gate.promise
  const waiting = get()
  await settle()
  source.asked[0]?.signal.addEventListener('abort', () => gate.reject(new Error('given up')))
  tokens.stop()
  await expect(waiting).rejects.toEqual(failsWith('upstream_unavailable', 1))
  expect(source.closed).toBe(true)
})

test('a source that does not listen is given up all the same, and nothing is waited for afterwards', async () => {
  const { source, tokens, get } = setUp()
  source.gate = new Promise(() => {})
  const waiting = get()
  await settle()
  tokens.stop()
  await expect(waiting).rejects.toEqual(failsWith('upstream_unavailable', 1))
  const later = setUp()
  later.source.gate = source.gate
  later.tokens.stop()
  await expect(later.get()).rejects.toEqual(failsWith('upstream_unavailable', 1))
})

test('each request upstream is told, with its time', async () => {
  const clock = new FakeClock()
  const source = new FakeSource()
  const told: unknown[][] = []
  const tokens = new Tokens({ source, clock, onUpstream: (...all) => told.push(all) })
  const gate = Promise.withResolvers<void>()
  source.gate = gate.promise
  const waiting = tokens.get(IDENTITY, VAULT)
  await settle()
  clock.pass(2.5)
  gate.resolve()
  await waiting
  source.failure = 'throttled'
  await expect(tokens.get(IDENTITY, 'other')).rejects.toThrow()
  expect(told).toEqual([
    ['token', 2.5],
    ['throttled', 0, expect.objectContaining({ failure: 'throttled' })],
  ])
})

test('what is cleared is asked for anew, and a token that was on its way is not kept', async () => {
  const { source, tokens, get } = setUp()
  await get()
  const gate = Promise.withResolvers<void>()
  source.gate = gate.promise
  const late = tokens.get(OTHER, VAULT)
  tokens.clear()
  gate.resolve()
  await late
  expect(tokens.size).toBe(0)
  expect((await get()).accessToken).toBe(`token-3-for-${VAULT}`)
})

test('the tokens of identities that the machine has no more are thrown away, and no others', async () => {
  const { source, tokens, get } = setUp()
  await get()
  await tokens.get(OTHER, VAULT)
  tokens.keepOnly(({ clientId }) => clientId === IDENTITY.clientId)
  await get()
  expect(source.asked).toHaveLength(2)
  await tokens.get(OTHER, VAULT)
  expect(source.asked).toHaveLength(3)
})

test('a token under way for an identity that was just taken away is not kept', async () => {
  const { source, tokens } = setUp()
  const gate = Promise.withResolvers<void>()
  source.gate = gate.promise
  const late = tokens.get(OTHER, VAULT)
  await settle()
  tokens.keepOnly(({ clientId }) => clientId === IDENTITY.clientId)
  gate.resolve()
  await late
  expect(tokens.size).toBe(0)
})

test('an identity that the machine does not have is not found, and its tokens go: those that are held and those under way', async () => {
  const { source, tokens, get } = setUp()
  await get()
  await tokens.get(OTHER, VAULT)
  const gate = Promise.withResolvers<void>()
  source.gate = gate.promise
  const late = tokens.get(OTHER, 'another')
  await settle()
  source.gate = Promise.resolve()
  source.failure = 'unassigned'
  await expect(tokens.get(OTHER, 'a third')).rejects.toEqual(failsWith('identity_not_found'))
  source.failure = undefined
  gate.resolve()
  await late
  await get()
  expect([tokens.size, source.asked.length]).toEqual([1, 4])
})

test('a token that is not wanted is asked for anew, and kept for the next', async () => {
  const { source, tokens, get } = setUp()
  const { accessToken } = await get()
  const anew = await tokens.get(IDENTITY, VAULT, { isUnwanted: (token) => token === accessToken })
  expect(anew.accessToken).toBe(`token-2-for-${VAULT}`)
  expect(
    (await tokens.get(IDENTITY, VAULT, { isUnwanted: (token) => token === accessToken })).accessToken,
  ).toBe(anew.accessToken)
  expect(await get()).toMatchObject({ accessToken: anew.accessToken })
  expect(source.asked).toHaveLength(2)
})

test('a token that is not wanted is served all the same while there is no other, but not against a refusal', async () => {
  const { source, tokens, get } = setUp()
  const { accessToken } = await get()
  source.failure = 'unavailable'
  expect(await tokens.get(IDENTITY, VAULT, { isUnwanted: () => true })).toMatchObject({ accessToken })
  const later = setUp()
  await later.get()
  later.source.failure = 'refused'
  await expect(later.tokens.get(IDENTITY, VAULT, { isUnwanted: () => true })).rejects.toEqual(
    failsWith('identity_refused'),
  )
})

test('a user who asks for a thousand audiences keeps no other user waiting, also for one of those', async () => {
  const { source, tokens } = setUp()
  source.gate = new Promise(() => {})
  const hang = (audience: string) => tokens.get(IDENTITY, audience, { sharer: 'greedy' }).catch(() => {})
  for (let index = 0; index < 1_000; index += 1) hang(`${index}`)
  hang(VAULT)
  expect(source.asked).toHaveLength(12)
  source.gate = Promise.resolve()
  expect(await tokens.get(IDENTITY, 'other', { sharer: 'late' })).toBeDefined()
  expect(await tokens.get(IDENTITY, VAULT, { sharer: 'late' })).toBeDefined()
  expect(source.asked.slice(12).map(({ audience }) => audience)).toEqual(['other', VAULT])
  tokens.stop()
})

test.each([
  ['Entra ID', APPLICATION, 100, 5],
  ['the control plane', IDENTITY, 500, 1],
])(
  'a user gets so many new tokens of %s in a row, then waits, and no other user does',
  async (_, identity, most, wait) => {
    const { clock, source, tokens } = setUp()
    const get = (audience: string, sharer = 'greedy') => tokens.get(identity, audience, { sharer })
    for (let index = 0; index < most; index += 1) await get(`${index}`)
    await expect(get('more')).rejects.toEqual(failsWith('endpoint_throttled', wait))
    source.failure = 'resource_refused'
    await expect(get('one', 'other')).rejects.toEqual(failsWith('resource_refused'))
    source.failure = undefined
    expect([await get('0'), await get('more', 'other'), source.asked.length]).toMatchObject([
      {},
      {},
      most + 2,
    ])
    clock.pass(wait)
    expect(await get('late')).toBeDefined()
  },
)

test('a user who may have no new token now is served the last one, and the agent asks ahead for none', async () => {
  const { clock, source, tokens } = setUp()
  const get = (audience: string) => tokens.get(APPLICATION, audience, { sharer: 'greedy' })
  for (let index = 0; index < 100; index += 1) await get(`${index}`)
  clock.pass(2000)
  source.failure = 'resource_refused'
  for (let index = 0; index < 100; index += 1) await get(`x${index}`).catch(() => {})
  tokens.refreshAhead()
  expect(source.asked).toHaveLength(200)
  clock.pass(1400)
  for (let index = 0; index < 100; index += 1) await get(`y${index}`).catch(() => {})
  expect(await get('0')).toMatchObject({ expiresInSeconds: 200 })
})

test('what the agent itself asks for has no such bound', async () => {
  const { source, tokens } = setUp()
  for (let index = 0; index < 150; index += 1) await tokens.get(APPLICATION, `${index}`)
  expect(source.asked).toHaveLength(150)
})

test.each([
  ['Entra ID', APPLICATION, IDENTITY],
  ['the control plane', IDENTITY, APPLICATION],
])(
  'however many users wait for %s, who asks the other authority waits for none of them',
  async (_, slow, other) => {
    const { source, tokens } = setUp()
    source.gate = new Promise(() => {})
    for (let user = 0; user < 10; user += 1)
      for (let index = 0; index < 5; index += 1)
        tokens.get(slow, `${user}-${index}`, { sharer: `user ${user}` }).catch(() => {})
    expect(source.asked).toHaveLength(16)
    source.gate = Promise.resolve()
    expect(await tokens.get(other, VAULT, { sharer: 'late' })).toBeDefined()
    tokens.stop()
  },
)

test('an identity of the same client id at another authority has a token of its own', async () => {
  const { tokens, get } = setUp()
  const served = [await get(), await tokens.get(APPLICATION, VAULT)]
  expect(new Set(served.map(({ accessToken }) => accessToken)).size).toBe(2)
})

test('an identity that its own authority refuses loses its tokens, and no other identity does', async () => {
  const { source, tokens, get } = setUp()
  await get()
  await tokens.get(APPLICATION, VAULT)
  source.failure = 'identity_refused'
  await expect(tokens.get(APPLICATION, 'other')).rejects.toEqual(failsWith('identity_refused'))
  expect(tokens.size).toBe(1)
  expect(await get()).toMatchObject({ accessToken: `token-1-for-${VAULT}` })
})

test('an application is served nothing while the control plane refuses the machine, not even what is cached', async () => {
  const source = new FakeSource()
  let refusal: { message: string } | undefined
  const whyRefused = async () => refusal
  const tokens = new Tokens({ source, clock: new FakeClock(), whyRefused })
  await tokens.get(APPLICATION, VAULT)
  refusal = { message: 'the machine is disabled' }
  await expect(tokens.get(APPLICATION, VAULT)).rejects.toThrow(
    expect.objectContaining({
      code: 'identity_refused',
      message: expect.stringContaining('the machine is disabled'),
    }),
  )
  refusal = undefined
  const late = tokens.get(APPLICATION, 'late')
  refusal = { message: 'the machine is disabled' }
  await expect(late).rejects.toEqual(failsWith('identity_refused'))
})

test('Entra ID gives no second token within 30 seconds, however often one is asked for anew', async () => {
  const { clock, source, tokens } = setUp()
  const anew = () => tokens.get(APPLICATION, VAULT, { isUnwanted: () => true })
  await anew()
  clock.pass(29)
  await anew()
  expect(source.asked).toHaveLength(1)
  clock.pass(1)
  expect(await anew()).toMatchObject({ accessToken: `token-2-for-${VAULT}` })
  clock.pass(30)
  source.failure = 'unavailable'
  for (let time = 0; time < 3; time += 1) {
    expect(await anew()).toMatchObject({ accessToken: `token-2-for-${VAULT}` })
    clock.pass(5)
  }
  expect(source.asked).toHaveLength(3)
})

test('why an authority gave no token is told with the error', async () => {
  const { source, get } = setUp()
  const reason = { message: 'wait some minutes' }
  source.gate = Promise.reject(new SourceError('unavailable', 'x', { reason }))
  await expect(get()).rejects.toThrow(
    expect.objectContaining({
      code: 'upstream_unavailable',
      message: expect.stringContaining('(wait some minutes)'),
    }),
  )
})
