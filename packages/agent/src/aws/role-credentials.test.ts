import type { Identity } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { FakeClock } from '../../../../test/agent/fake-clock.ts'
import { IDENTITY } from '../../../../test/agent/fake-source.ts'
import { SourceError, type SourceFailure } from '../tokens/source.ts'
import { RoleCredentials } from './role-credentials.ts'

const OTHER: Identity = { ...IDENTITY, clientId: 'another' }

/** Credentials behind a service that answers as a test says. */
function setUp() {
  const clock = new FakeClock()
  const failures: string[] = []
  const service = {
    lifetimeSeconds: 3600,
    failure: undefined as SourceError | undefined,
    gate: Promise.resolve() as Promise<unknown>,
    tokens: [] as string[],
    signals: [] as AbortSignal[],
    closed: false,
  }
  const credentials = new RoleCredentials({
    sts: {
      exchange: async (token, signal) => {
        service.tokens.push(token)
        service.signals.push(signal)
        const AccessKeyId = `key-${service.tokens.length}`
        await service.gate
        if (service.failure) throw service.failure
        const expiresAt = clock.now() + service.lifetimeSeconds * 1000
        return { AccessKeyId, SecretAccessKey: 'secret', SessionToken: 'session', expiresAt }
      },
      close: () => {
        service.closed = true
      },
    },
    clock,
    onFailure: ({ failure }) => failures.push(failure),
  })
  const get = async (identity = IDENTITY) => (await credentials.get(identity, 'token')).AccessKeyId
  const fail = (failure: SourceFailure, retryAfterSeconds?: number) => {
    service.failure = new SourceError(failure, 'the test says so', {
      ...(retryAfterSeconds && { retryAfterSeconds }),
      reason: { message: 'AccessDenied: the test says so' },
    })
  }
  return { clock, service, credentials, failures, get, fail }
}

test('one exchange serves all who ask until it is time for the next', async () => {
  const { clock, service, get } = setUp()
  const { promise, resolve } = Promise.withResolvers<void>()
  service.gate = promise
  const first = [get(), get(), get()]
  resolve()
  expect(await Promise.all(first)).toEqual(['key-1', 'key-1', 'key-1'])
  clock.pass(49 * 60)
  expect(await get()).toBe('key-1')
  clock.pass(2 * 60)
  expect(await get()).toBe('key-2')
  expect(service.tokens).toHaveLength(2)
})

test('what callers got is renewed 20 minutes before its end, what no caller got is not', async () => {
  const { clock, credentials, get } = setUp()
  await credentials.renew(IDENTITY, 'token')
  clock.pass(41 * 60)
  expect(credentials.isRenewalDue).toBe(false)
  expect(await get()).toBe('key-1')
  expect(credentials.isRenewalDue).toBe(true)
  await credentials.renew(IDENTITY, 'token')
  expect(credentials.isRenewalDue).toBe(false)
  expect(await get()).toBe('key-2')
})

test('credentials of a quarter of an hour are renewed at half of it', async () => {
  const { clock, service, credentials, get } = setUp()
  service.lifetimeSeconds = 900
  await get()
  clock.pass(440)
  expect(credentials.isRenewalDue).toBe(false)
  clock.pass(20)
  expect(credentials.isRenewalDue).toBe(true)
})

test.each([['unavailable'], ['throttled']] as const)(
  'while AWS is %s what is held is served to its last minute',
  async (failure) => {
    const { clock, get, fail } = setUp()
    await get()
    fail(failure)
    clock.pass(58 * 60)
    expect(await get()).toBe('key-1')
    clock.pass(90)
    await expect(get()).rejects.toMatchObject({
      code: failure === 'throttled' ? 'upstream_throttled' : 'upstream_unavailable',
    })
  },
)

test('a refusal ends what is held at once, and the caller reads why', async () => {
  const { clock, failures, get, fail } = setUp()
  await get()
  clock.pass(55 * 60)
  fail('resource_refused')
  const refused = { code: 'credentials_refused', message: expect.stringMatching(/\(AccessDenied: .*\)$/) }
  await expect(get()).rejects.toMatchObject(refused)
  await expect(get()).rejects.toMatchObject(refused)
  expect(failures).toEqual(['resource_refused'])
  // What was refused does not come back while AWS is away.
  fail('unavailable')
  clock.pass(6)
  await expect(get()).rejects.toMatchObject({ code: 'upstream_unavailable' })
})

test.each([
  ['resource_refused', undefined, 5],
  ['unavailable', undefined, 1],
  ['throttled', 40, 40],
  ['throttled', 90_000, 300],
] as const)(
  'after %s with Retry-After %s AWS is not asked for %s seconds',
  async (failure, asked, seconds) => {
    const { clock, service, get, fail } = setUp()
    fail(failure, asked)
    await expect(get()).rejects.toMatchObject({ retryAfterSeconds: seconds })
    service.failure = undefined
    clock.pass(seconds - 1)
    await expect(get()).rejects.toMatchObject({ retryAfterSeconds: 1 })
    clock.pass(1)
    expect(await get()).toBe('key-2')
  },
)

test('credentials of one identity are never given for another', async () => {
  const { get } = setUp()
  expect(await get()).toBe('key-1')
  expect(await get(OTHER)).toBe('key-2')
  expect(await get()).toBe('key-3')
})

test('what was on its way when all was thrown away is not kept', async () => {
  const { service, credentials, get } = setUp()
  const { promise, resolve } = Promise.withResolvers<void>()
  service.gate = promise
  const first = get()
  credentials.clear()
  resolve()
  expect(await first).toBe('key-1')
  expect(await get()).toBe('key-2')
})

test('a clock that was set back does not make credentials last longer, nor does a machine that slept', async () => {
  const set = setUp()
  await set.get()
  set.clock.pass(3000)
  set.clock.set(-3000)
  expect(await set.get()).toBe('key-2')
  const slept = setUp()
  await slept.get()
  slept.clock.sleep(3000)
  expect(await slept.get()).toBe('key-2')
})

test('a stop gives up what is under way, and closes the connection', async () => {
  const { service, credentials, get } = setUp()
  const { promise, resolve } = Promise.withResolvers<void>()
  service.gate = promise
  const asked = get()
  expect(service.signals.map(({ aborted }) => aborted)).toEqual([false])
  credentials.stop()
  expect(service.signals.map(({ aborted }) => aborted)).toEqual([true])
  expect(service.closed).toBe(true)
  resolve()
  await asked
})

test('two identities that wait at once have an exchange each, and the end of one makes no third', async () => {
  const { service, get } = setUp()
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  service.gate = gates[0].promise
  const first = get()
  service.gate = gates[1].promise
  const others = [get(OTHER)]
  gates[0].resolve()
  expect(await first).toBe('key-1')
  others.push(get(OTHER))
  gates[1].resolve()
  expect(await Promise.all(others)).toEqual(['key-2', 'key-2'])
})

test('before the first credentials none are due, and at the moment that they are due they are', async () => {
  const { clock, credentials, get } = setUp()
  expect(credentials.isRenewalDue).toBe(false)
  await get()
  clock.pass(40 * 60 - 1)
  expect(credentials.isRenewalDue).toBe(false)
  clock.pass(1)
  expect(credentials.isRenewalDue).toBe(true)
})
